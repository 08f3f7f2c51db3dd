//! The editor of dial templates, with a box to try them.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::StatusCode;
use provision::inventory::{Content, Document, TemplateRule};
use provision::render::document::{Dialled, Pause, dialled};

use super::super::answer::{Answer, Refused};
use super::super::form::Filled;
use super::super::frame::Frame;
use super::{Kind, Opened, address, hints, opened};
use crate::admin::access::{Operator, Viewer};
use crate::edit::Editor;
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/dial/{name}", get(show).post(keep)).route("/dial/{name}/try", post(tried))
}

/// Rows for rules that are not there yet.
const SPARE: usize = 3;
const USERS: [&str; 3] = ["", "Phone", "IP"];
const ROUTES: [&str; 4] = ["", "Default", "Emergency", "FQDN"];

/// A rule as the form has it.
#[derive(Clone, Default)]
struct Row {
    number: usize,
    pattern: String,
    wait: String,
    rewrite: String,
    line: String,
    tone: String,
    user: String,
    route: String,
    /// The rule that the digits took.
    taken: bool,
}

/// What became of the digits.
struct Told {
    met: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "dial.html")]
struct Page {
    frame: Frame,
    name: String,
    kept: bool,
    named_by: String,
    hints: Vec<String>,
    rows: Vec<Row>,
    users: [&'static str; 3],
    routes: [&'static str; 4],
    digits: String,
    on: String,
    told: Option<Told>,
    wrong: Option<String>,
}

impl Page {
    fn of(frame: Frame, opened: Opened, rows: Vec<Row>) -> Self {
        let mut page = Self {
            name: opened.document.name,
            kept: opened.kept,
            named_by: opened.named_by,
            hints: opened.hints,
            rows,
            users: USERS,
            routes: ROUTES,
            digits: String::new(),
            on: String::new(),
            told: None,
            wrong: None,
            frame,
        };
        page.rows.extend(std::iter::repeat_n(Row::default(), SPARE));
        page.rows.iter_mut().zip(1..).for_each(|(row, number)| row.number = number);
        page
    }

    /// Tries the digits by these rules, and marks the one they took.
    fn tries(&mut self, rules: &[TemplateRule], digits: &str, on: &str) {
        digits.clone_into(&mut self.digits);
        on.clone_into(&mut self.on);
        if digits.is_empty() {
            return;
        }
        let result = dialled(rules, digits, on.parse().ok());
        if let Some(row) = result.rule.and_then(|(place, _)| self.rows.get_mut(place)) {
            row.taken = true;
        }
        self.told = Some(Told { met: result.rule.is_some(), text: told(digits, &result) });
    }
}

/// One sentence: which rule, how long, what goes out, what might still come.
fn told(digits: &str, result: &Dialled<'_>) -> String {
    let rule = |place: usize| format!("rule {}", place + 1);
    let taken = match result.rule {
        Some((place, own)) if own.pattern.is_empty() => {
            format!("{digits} matches {}, which needs no digits", rule(place))
        }
        Some((place, own)) => format!("{digits} matches {} ({})", rule(place), own.pattern),
        None => format!("{digits} matches no rule"),
    };
    let waits = match result.pause {
        Pause::Rule(0) => format!("the phone dials {} at once", result.number),
        Pause::Rule(1) => format!("the phone waits 1 second and dials {}", result.number),
        Pause::Rule(seconds) => format!("the phone waits {seconds} seconds and dials {}", result.number),
        Pause::Unfinished => format!(
            "it may be the beginning of a number: the phone waits 10 seconds and dials {}",
            result.number
        ),
        Pause::Unknown => "nobody has said what phones do then".to_owned(),
    };
    let own = result.rule.map(|(place, _)| place);
    let others: Vec<String> =
        result.open.iter().filter(|place| Some(**place) != own).map(|place| rule(*place)).collect();
    let more = if others.is_empty() {
        String::new()
    } else {
        format!(" More digits could still meet {}.", others.join(", "))
    };
    format!("{taken}; {waits}.{more}")
}

fn row(rule: &TemplateRule) -> Row {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Row {
        number: 0,
        pattern: rule.pattern.clone(),
        wait: rule.wait.to_string(),
        rewrite: text(&rule.rewrite),
        line: rule.line.map(|line| line.to_string()).unwrap_or_default(),
        tone: text(&rule.tone),
        user: text(&rule.user),
        route: text(&rule.route),
        taken: false,
    }
}

/// The rows of the form, without those that say nothing and those that are to go.
fn rows(form: &Filled) -> Vec<Row> {
    let column = |name: &str| form.all(name).map(|value| value.trim().to_owned()).collect::<Vec<_>>();
    let (waits, rewrites, lines) = (column("wait"), column("rewrite"), column("line"));
    let (tones, users, routes) = (column("tone"), column("user"), column("route"));
    let away: Vec<usize> = form.all("away").filter_map(|number| number.parse().ok()).collect();
    let cell = |column: &[String], place: usize| column.get(place).cloned().unwrap_or_default();
    let read = |(place, pattern): (usize, String)| Row {
        number: place + 1,
        pattern,
        wait: cell(&waits, place),
        rewrite: cell(&rewrites, place),
        line: cell(&lines, place),
        tone: cell(&tones, place),
        user: cell(&users, place),
        route: cell(&routes, place),
        taken: false,
    };
    let all = column("pattern").into_iter().enumerate().map(read);
    all.filter(|row| !(away.contains(&row.number) || row.pattern.is_empty() && row.wait.is_empty())).collect()
}

fn rules(rows: &[Row]) -> Result<Vec<TemplateRule>, Refused> {
    let number = |row: usize, what: &str, text: &str| {
        let wrong = || Refused::Wrong(format!("Rule {row}: {text:?} is no number for {what}."));
        if text.is_empty() { Ok(None) } else { text.parse::<u16>().map(Some).map_err(|_| wrong()) }
    };
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let rule = |(place, row): (usize, &Row)| {
        Ok(TemplateRule {
            pattern: row.pattern.clone(),
            wait: number(place + 1, "the seconds", &row.wait)?.unwrap_or_default(),
            line: number(place + 1, "the line", &row.line)?,
            rewrite: some(&row.rewrite),
            tone: some(&row.tone),
            user: some(&row.user),
            route: some(&row.route),
        })
    };
    rows.iter().enumerate().map(rule).collect()
}

async fn show(frame: Frame, _: Viewer, Path(name): Path<String>) -> Answer {
    let opened = opened(&frame, Kind::Dial, &name).await?;
    let Content::DialTemplate(rules) = &opened.document.content else { return Err(Refused::NothingThere) };
    let rows = rules.iter().map(row).collect();
    let page = Page::of(frame, opened, rows);
    page.frame.page(&page)
}

/// Whoever may look may try; nothing is kept.
async fn tried(frame: Frame, _: Viewer, Path(name): Path<String>, form: Filled) -> Answer {
    let mut opened = opened(&frame, Kind::Dial, &name).await?;
    let rows = rows(&form);
    let rules = rules(&rows);
    if let Ok(rules) = &rules {
        opened.hints = hints(&Document {
            name: opened.document.name.clone(),
            content: Content::DialTemplate(rules.clone()),
        });
    }
    let mut page = Page::of(frame, opened, rows);
    match rules {
        Ok(rules) => page.tries(&rules, form.text("digits"), form.text("on")),
        Err(Refused::Wrong(problem)) => page.wrong = Some(problem),
        Err(other) => return Err(other),
    }
    page.frame.page(&page)
}

async fn keep(frame: Frame, _: Operator, Path(name): Path<String>, form: Filled) -> Answer {
    let opened = opened(&frame, Kind::Dial, &name).await?;
    let rows = rows(&form);
    let name = opened.document.name.clone();
    let kept = match rules(&rows) {
        Ok(rules) => {
            let document = Document { name: name.clone(), content: Content::DialTemplate(rules) };
            let editor = Editor::begin(frame.store()?).await?;
            editor.put_document(&document).await.map(drop).map_err(Refused::from)
        }
        Err(refused) => Err(refused),
    };
    match kept {
        Ok(()) => frame.back_to(&address(Kind::Dial, &name), "Kept; phones get it when they start next"),
        Err(Refused::Wrong(problem)) => {
            let mut page = Page::of(frame, opened, rows);
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Filled {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn rows_become_rules_and_empty_ones_go() {
        let form = form(&[
            ("pattern", "0.*"),
            ("wait", "2"),
            ("rewrite", ""),
            ("line", ""),
            ("tone", ""),
            ("user", "Phone"),
            ("route", ""),
            ("pattern", "9,......"),
            ("wait", "0"),
            ("rewrite", "00......"),
            ("line", "2"),
            ("tone", "Bellcore-Outside"),
            ("user", ""),
            ("route", ""),
            ("pattern", ""),
            ("wait", ""),
            ("rewrite", ""),
            ("line", ""),
            ("tone", ""),
            ("user", ""),
            ("route", ""),
            ("away", "1"),
        ]);
        let rows = rows(&form);
        assert_eq!(rows.len(), 1);
        let rules = rules(&rows).unwrap();
        assert_eq!((rules[0].pattern.as_str(), rules[0].wait, rules[0].line), ("9,......", 0, Some(2)));
        assert_eq!(rules[0].rewrite.as_deref(), Some("00......"));
        assert_eq!(row(&rules[0]).wait, "0");
    }

    #[test]
    fn what_becomes_of_digits_is_one_sentence() {
        let rule = |pattern: &str, wait| TemplateRule {
            pattern: pattern.to_owned(),
            wait,
            ..TemplateRule::default()
        };
        let rules = [rule("1...", 0), rule("*", 5), rule("0*", 2)];
        let said = |digits| told(digits, &dialled(&rules, digits, None));
        assert_eq!(
            said("1001"),
            "1001 matches rule 1 (1...); the phone dials 1001 at once. More digits could still meet rule 2."
        );
        assert!(
            said("0211").starts_with("0211 matches rule 3 (0*); the phone waits 2 seconds and dials 0211.")
        );
        assert!(told("7", &dialled(&rules[..1], "7", None)).contains("matches no rule"));
        assert!(told("1", &dialled(&rules[..1], "1", None)).contains("waits 10 seconds"));
    }
}
