//! What is counted of XML services.

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use prometheus_client::registry::Registry;

use super::{Labels, SECONDS};
use crate::services::router::ROUTES;

/// Pages, and how asking for them ended.
#[derive(Debug)]
pub struct Services {
    pages: Vec<(&'static str, [Counter; 3])>,
    /// Seconds from a request to its page.
    pub seconds: Histogram,
}

/// How asking for a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The phone has its page.
    Yes,
    /// The request was wrong.
    Refused,
    /// offhook failed.
    Failed,
}

/// Whatever has no page of its own.
const OTHER: &str = "other";

impl Services {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Family::<Labels<2>, Counter>::default();
        let seconds = Histogram::new(SECONDS);
        registry.register(
            "services_requests",
            "Requests for XML services, by page and outcome",
            requests.clone(),
        );
        registry.register(
            "services_seconds",
            "Time from a request for a page to its answer",
            seconds.clone(),
        );
        let page = |path: &'static str| {
            let outcomes = ["shown", "refused", "failed"];
            (
                path,
                outcomes.map(|outcome| requests.get_or_create_owned(&[("page", path), ("outcome", outcome)])),
            )
        };
        let paths = ROUTES.iter().map(|route| route.path).chain([OTHER]);
        Self { pages: paths.map(page).collect(), seconds }
    }

    /// The counter of such an end for the page of that path.
    #[must_use]
    pub fn page(&self, path: &str, shown: Shown) -> &Counter {
        let known = self.pages.iter().find(|(known, _)| *known == path);
        let (_, counters) = known.or(self.pages.last()).expect("there is one for whatever has no page");
        &counters[shown as usize]
    }
}
