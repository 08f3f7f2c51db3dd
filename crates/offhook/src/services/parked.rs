//! `/parked`: calls that are parked, each picked up by dialling its space.

use provision::objects::paging::Page as Part;
use provision::objects::{Directory, MOST_ENTRIES, Screen, Text};

use super::{Ask, Page, Route};
use crate::asterisk::parked::Parked;

pub(super) const ROUTE: Route = Route { path: "/parked", methods: "GET", answer: |ask| Box::pin(show(ask)) };

async fn show(ask: Ask) -> Page {
    let parked = ask.app.asterisk.parked().await?;
    let again = ask.link("/parked", &[])?;
    if parked.is_empty() {
        let text = Text::new(ask.phone(), "Parked calls", "No call is parked.")?;
        return Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Update", again))?.answer().passing());
    }
    let part = Part::of(&parked, ask.number("page").unwrap_or(1), MOST_ENTRIES);
    let mut list = Directory::new(ask.phone(), "Parked calls")?.prompt("Pick one up by dialling it");
    for call in part.items {
        list = list.clone().entry(&named(call), &call.space).unwrap_or(list);
    }
    let further = match part.next() {
        Some(number) => ("Next", ask.link("/parked", &[("page", &number.to_string())])?),
        None => ("Update", again),
    };
    Ok(list.keys(|keys| keys.exit("Exit")?.act("Dial")?.further(further.0, further.1))?.answer().passing())
}

/// `701: Alice, 101`, with what is known.
fn named(call: &Parked) -> String {
    let who: Vec<&str> = [&*call.name, &*call.number].into_iter().filter(|text| !text.is_empty()).collect();
    if who.is_empty() {
        format!("{}: unknown caller", call.space)
    } else {
        format!("{}: {}", call.space, who.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_parked_is_named_as_well_as_can_be() {
        let call = |name: &str, number: &str| Parked {
            space: "701".to_owned(),
            lot: String::new(),
            number: number.to_owned(),
            name: name.to_owned(),
            seconds_left: None,
        };
        assert_eq!(named(&call("Alice", "101")), "701: Alice, 101");
        assert_eq!(named(&call("", "101")), "701: 101");
        assert_eq!(named(&call("", "")), "701: unknown caller");
    }
}
