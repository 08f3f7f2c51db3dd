//! The fleet page of a large installation: small, whatever there is, and the same from memory as from the database.

use offhook::admin::access::Role;
use provision::inventory::{Change, Group, GroupKind, Key, Line, Phone};
use provision::mac::Mac;
use provision::models;

use crate::site::Site;

const SITES: u32 = 1500;
const PHONES: u32 = 130;

fn mac(number: u32) -> Mac {
    let [a, b, c, d] = number.to_be_bytes();
    Mac::new([0, 0x11, a, b, c, d])
}

fn site_of(number: u32) -> String {
    format!("Building {number:04} of the university")
}

/// Every phone of the first page is at a site of its own, with four lines and a long description.
async fn filled(site: &Site, sites: u32) {
    let mut changes = Vec::new();
    for number in 0..sites {
        changes.push(Change::PutGroup(Group::new(GroupKind::Site, site_of(number))));
        changes.push(Change::PutGroup(Group::new(GroupKind::Profile, format!("Profile {number:04}"))));
    }
    for number in 0..PHONES {
        let mut phone = Phone::new(mac(number), models::find("8845"));
        phone.description = format!("Room {number:04}, behind the second door on the left, Dr. Example");
        phone.site = Some(site_of(number % sites));
        phone.profile = Some(format!("Profile {:04}", number % sites));
        for button in 1..=4_u16 {
            let line: Line = Line::new(format!("+4930{button}{number:06}").parse().unwrap());
            phone.layer.keys.insert(button, Some(Key::line(line.number.clone())));
            changes.push(Change::PutLine(line));
        }
        changes.push(Change::PutPhone(phone));
    }
    site.store.change(&changes).await.unwrap();
    site.store.read_roster().await.unwrap();
}

#[tokio::test]
async fn the_first_page_is_small_however_many_sites_there_are() {
    for sites in [60, 61, SITES] {
        let site = Site::new().await;
        filled(&site, sites).await;
        let mut visitor = site.logged_in(Role::Administrator).await;
        let page = visitor.get("/phones").await.text;
        assert_eq!(page.matches("<a class=\"device\"").count(), 50, "{sites}");
        let mut bytes = page.len();
        for part in page.split('"').filter(|part| part.starts_with("/static/") && !part.contains('#')) {
            bytes += visitor.get(part).await.text.len();
        }
        let icons = page.split('"').find(|part| part.contains("icons-")).unwrap().split('#').next().unwrap();
        bytes += visitor.get(icons).await.text.len();
        assert!(bytes < 100_000, "{bytes} bytes with {sites} sites");
    }
}

#[tokio::test]
async fn a_site_that_is_not_offered_can_be_typed() {
    let site = Site::new().await;
    filled(&site, SITES).await;
    let mut visitor = site.logged_in(Role::Operator).await;
    let page = visitor.get("/phones").await.text;
    assert!(!page.contains(&format!("value=\"{}\"", site_of(SITES - 1))));
    let typed = site_of(SITES - 1).replace(' ', "+");
    assert!(visitor.get(&format!("/phones?site={typed}")).await.text.contains("No phone fits."));
    let phone = mac(7).device_name();
    let site_of_last = site_of(SITES - 1);
    let put = [("phone", phone.as_str()), ("do", "site"), ("site", site_of_last.as_str())];
    assert_eq!(visitor.post("/phones/bulk", &put).await.status, 303);
    let found = visitor.get(&format!("/phones?site={typed}")).await.text;
    assert!(found.contains(&phone) && found.contains("1–1 of 1"), "{found}");
    let none =
        visitor.post("/phones/bulk", &[("phone", phone.as_str()), ("do", "site"), ("site", "No such")]).await;
    assert!(none.status >= 400, "{}", none.status);
}

#[tokio::test]
async fn what_is_changed_is_seen_at_once_with_its_counts() {
    let site = Site::new().await;
    filled(&site, 3).await;
    let mut visitor = site.logged_in(Role::Viewer).await;
    let shown = visitor.get("/phones?firmware=sip88xx.14-2").await.text;
    assert!(shown.contains("No phone fits."));
    let mut group = Group::new(GroupKind::Site, site_of(1));
    group.layer.settings.set("firmware".parse().unwrap(), "sip88xx.14-2");
    site.store.change(&[Change::PutGroup(group)]).await.unwrap();
    let shown = visitor.get("/phones?firmware=sip88xx.14-2").await.text;
    assert!(shown.contains("1–43 of 43") && shown.contains("sip88xx.14-2 (43)"), "{shown}");
    site.store.change(&[Change::RemovePhone(mac(1))]).await.unwrap();
    let shown = visitor.get("/phones?q=dr.+EXAMPLE&order=-description").await.text;
    assert!(shown.contains("1–50 of 129") && shown.contains("sip88xx.14-2 (42)"), "{shown}");
    let first = shown.find("Room 0129").unwrap();
    assert!(first < shown.find("Room 0128").unwrap() && !shown.contains("Room 0079"));
}
