//! Parts of long lists, and the addresses of the other parts.

use serde::Serialize;

/// Rows of a part; what fits a screen or two.
pub const ROWS: u32 = 50;

/// Which part of a list is shown, counted from 1.
#[derive(Clone, Debug)]
pub struct Pager {
    page: u64,
    total: u64,
    rows: u64,
    /// The address without the page: `/phones?q=ann&`.
    base: String,
}

impl Pager {
    /// The part `page` of a list of that length; `query` are the other parameters of its address.
    #[must_use]
    pub fn new(page: u64, total: u64, path: &str, query: &impl Serialize) -> Self {
        let pairs = serde_json::to_value(query).unwrap_or_default();
        let mut address = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs.as_object().into_iter().flatten() {
            match value {
                serde_json::Value::String(text) if !text.is_empty() && name != "page" => {
                    address.append_pair(name, text);
                }
                _ => {}
            }
        }
        let query = address.finish();
        let base = if query.is_empty() { format!("{path}?") } else { format!("{path}?{query}&") };
        Self { page: page.max(1), total, rows: u64::from(ROWS), base }
    }

    /// How many rows come before a part.
    #[must_use]
    pub fn offset(page: u64) -> u64 {
        page.saturating_sub(1).saturating_mul(u64::from(ROWS))
    }

    /// How many rows there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many parts there are.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.rows).max(1)
    }

    /// Which part this is.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page
    }

    /// `51–100 of 1234`.
    #[must_use]
    pub fn shown(&self) -> String {
        let first = Self::offset(self.page) + 1;
        if first > self.total {
            return format!("none of {}", self.total);
        }
        format!("{first}–{} of {}", (first + self.rows - 1).min(self.total), self.total)
    }

    /// Where the part before this is, if there is one.
    #[must_use]
    pub fn before(&self) -> Option<String> {
        (self.page > 1).then(|| format!("{}page={}", self.base, (self.page - 1).min(self.pages())))
    }

    /// Where the part behind this is, if there is one.
    #[must_use]
    pub fn behind(&self) -> Option<String> {
        (self.page < self.pages()).then(|| format!("{}page={}", self.base, self.page + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Query {
        q: &'static str,
        site: &'static str,
        page: u64,
    }

    #[test]
    fn other_parts_keep_the_question() {
        let pager = Pager::new(2, 120, "/phones", &Query { q: "a&b", site: "", page: 2 });
        assert_eq!(pager.shown(), "51–100 of 120");
        assert_eq!(pager.before().as_deref(), Some("/phones?q=a%26b&page=1"));
        assert_eq!(pager.behind().as_deref(), Some("/phones?q=a%26b&page=3"));
        let last = Pager::new(3, 120, "/phones", &Query { q: "", site: "", page: 3 });
        assert_eq!((last.shown().as_str(), last.behind()), ("101–120 of 120", None));
    }

    #[test]
    fn parts_behind_the_end_lead_back() {
        let pager = Pager::new(9, 60, "/audit", &Query { q: "", site: "", page: 9 });
        assert_eq!(
            (pager.shown().as_str(), pager.before().as_deref()),
            ("none of 60", Some("/audit?page=2"))
        );
        assert_eq!(Pager::new(0, 0, "/audit", &Query { q: "", site: "", page: 0 }).pages(), 1);
        assert_eq!(Pager::offset(0), 0);
    }
}
