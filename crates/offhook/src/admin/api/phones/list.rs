//! Lists of phones: which, in which order, part by part.

use axum::extract::State;
use provision::inventory::Number;
use provision::mac::Mac;
use serde::Deserialize;
use store::{Order, Page, PhoneQuery};
use utoipa::{IntoParams, ToSchema};

use super::super::answer::{Answer, Conditions};
use super::super::ask::Query;
use super::super::office::store;
use super::super::paging::{Listing, limit, wrong_cursor};
use super::super::problem::{Kind, Problem};
use super::super::view::{PhoneItem, StateWord};
use crate::admin::access::Viewer;
use crate::edit;
use crate::listener::App;

/// Which phones.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only with this text in address, model, description, notes, or number, name or label of a line.
    text: Option<String>,
    /// Only this model.
    #[param(example = "8845")]
    model: Option<String>,
    /// Only at this site.
    site: Option<String>,
    /// Only of this profile.
    profile: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<StateWord>,
    /// Only with a key of their own for this line.
    line: Option<String>,
    /// By what they are ordered: `phone` if nothing is said; with a hyphen in front the last comes first.
    #[param(inline, example = "-changed")]
    sort: Option<Sort>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// What lists are ordered by, in the words of programs.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    #[default]
    Phone,
    #[serde(rename = "-phone")]
    PhoneBackward,
    Description,
    #[serde(rename = "-description")]
    DescriptionBackward,
    Model,
    #[serde(rename = "-model")]
    ModelBackward,
    Site,
    #[serde(rename = "-site")]
    SiteBackward,
    Profile,
    #[serde(rename = "-profile")]
    ProfileBackward,
    Changed,
    #[serde(rename = "-changed")]
    ChangedBackward,
}

impl Sort {
    /// The order, and whether the last comes first.
    fn order(self) -> (Order, bool) {
        match self {
            Self::Phone => (Order::Address, false),
            Self::PhoneBackward => (Order::Address, true),
            Self::Description => (Order::Description, false),
            Self::DescriptionBackward => (Order::Description, true),
            Self::Model => (Order::Model, false),
            Self::ModelBackward => (Order::Model, true),
            Self::Site => (Order::Site, false),
            Self::SiteBackward => (Order::Site, true),
            Self::Profile => (Order::Profile, false),
            Self::ProfileBackward => (Order::Profile, true),
            Self::Changed => (Order::Changed, false),
            Self::ChangedBackward => (Order::Changed, true),
        }
    }
}

/// Which phones a list or a file has.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Wanted {
    pub(in super::super) text: Option<String>,
    pub(in super::super) model: Option<String>,
    pub(in super::super) site: Option<String>,
    pub(in super::super) profile: Option<String>,
    pub(in super::super) state: Option<StateWord>,
    pub(in super::super) line: Option<String>,
}

impl Wanted {
    /// As the store is asked.
    pub(in super::super) fn query(self) -> Result<PhoneQuery, Problem> {
        let malformed =
            |error: provision::inventory::NumberError| Problem::new(Kind::Invalid, error.to_string());
        let model = self.model.as_deref().map(edit::model).transpose()?;
        let line = self.line.as_deref().map(str::parse::<Number>).transpose().map_err(malformed)?;
        Ok(PhoneQuery {
            text: self.text.filter(|text| !text.trim().is_empty()),
            model: model.map(|model| model.name.to_owned()),
            site: self.site,
            profile: self.profile,
            state: self.state.map(Into::into),
            line,
            ..PhoneQuery::default()
        })
    }
}

impl Filter {
    fn query(&self) -> Result<PhoneQuery, Problem> {
        let Self { text, model, site, profile, state, line, .. } = self.clone();
        let (order, backward) = self.sort.unwrap_or_default().order();
        let query = Wanted { text, model, site, profile, state, line }.query()?;
        Ok(PhoneQuery { order, backward, ..query })
    }

    /// The part that is asked for. In the order of addresses a list goes on behind a phone, whatever comes and goes before it;
    /// in others it goes on at a place.
    fn page(&self, query: &PhoneQuery) -> Result<Page<Mac>, Problem> {
        let limit = limit(self.limit)?;
        let wrong = || wrong_cursor();
        match self.cursor.as_deref() {
            None => Ok(Page::first(limit)),
            Some(cursor) if goes_on_behind(query) => {
                Ok(Page::after(cursor.parse().map_err(|_| wrong())?, limit))
            }
            Some(cursor) => {
                let place = cursor.strip_prefix('+').and_then(|place| place.parse::<u32>().ok());
                Ok(Page::at(place.ok_or_else(wrong)?.into(), limit))
            }
        }
    }
}

fn goes_on_behind(query: &PhoneQuery) -> bool {
    query.order == Order::Address && !query.backward
}

/// List phones, by address
#[utoipa::path(get, path = "/phones", tag = "phones", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<PhoneItem>)),
    security(("token" = ["read"])))]
pub(super) async fn list_phones(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let query = filter.query()?;
    let page = filter.page(&query)?;
    let listed = store(&app)?.phones(&query, &page).await?;
    let full = listed.rows.len() == page.limit as usize;
    let next = listed.rows.last().filter(|_| full).map(|row| match goes_on_behind(&query) {
        true => row.mac.device_name(),
        false => format!("+{}", page.offset + u64::from(page.limit)),
    });
    let items = listed.rows.iter().map(PhoneItem::new).collect();
    Ok(Answer::read(&Listing { items, total: listed.total, next }, &conditions))
}
