//! Files as spreadsheets and address books write them.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::{Format, Options, plan, read, write};
use crate::inventory::{Change, Contact, ContactNumber, NumberKind};

const OPTIONS: Options<'_> = Options { book: "all", skip_unknown: false };

fn contact(name: &str, organisation: &str, numbers: &[(NumberKind, &str)]) -> Contact {
    let number =
        |(kind, number): &(NumberKind, &str)| ContactNumber { kind: *kind, number: (*number).into() };
    Contact {
        name: name.into(),
        organisation: organisation.into(),
        numbers: numbers.iter().map(number).collect(),
        ..super::plan::empty("all")
    }
}

fn contacts(text: &str, format: Format) -> Vec<Contact> {
    let sheet = read(text.as_bytes(), format, OPTIONS).unwrap();
    sheet.contacts.into_iter().map(|(_, contact)| contact).collect()
}

#[test]
fn tables_of_several_hands_are_read() {
    use NumberKind::{Home, Mobile, Other, Work};
    let anna = contact("Anna Müller", "Sales", &[(Work, "1001"), (Mobile, "+49 171 1")]);
    for text in [
        "name,organisation,work,mobile\nAnna Müller,Sales,1001,+49 171 1\n",
        "\u{feff}First Name;Last Name;Company;Business Phone;Mobile Phone\r\nAnna;Müller;Sales;1001;+49 171 1\r\n",
        "Mobil\tVorname\tNachname\tAbteilung\tTelefon\n+49 171 1\tAnna\tMüller\tSales\t1001\n\n",
    ] {
        let mut read = contacts(text, Format::Csv);
        read[0].numbers.sort_by_key(|number| number.kind != Work);
        assert_eq!(read, std::slice::from_ref(&anna), "{text}");
    }
    let several =
        contacts("id,name,work,work2,home,other,owner,book\n7,x,1,2,3,4,SEP001122334455,own\n", Format::Csv);
    let mut wanted = contact("x", "", &[(Work, "1"), (Work, "2"), (Home, "3"), (Other, "4")]);
    wanted.id = 7;
    wanted.owner = Some("001122334455".parse().unwrap());
    wanted.book = "own".into();
    assert_eq!(several, [wanted]);
    // A firm has its own name.
    assert_eq!(contacts("name,company,phone\n,ACME,1\n", Format::Csv), [contact("ACME", "", &[(Work, "1")])]);
}

#[test]
fn what_is_wrong_is_told_by_row_and_column() {
    for (text, told) in [
        ("", "the file: holds no table: the first line names the columns"),
        ("name,phone\nAnna,\n", "row 2: has no number"),
        ("name,phone\n\n,1\n", "row 3: has no name"),
        (
            "name,phone\nAnna,no number ä\u{1}\n",
            "row 2, column phone (B): a number has at most 100 characters that can be seen",
        ),
        ("name,phone\nAnna,--\n", "row 2, column phone (B): \"--\" is no number: it has no digit"),
        ("name\nAnna\n", "the file: has no column with numbers: work, mobile, home or other"),
        ("phone\n1\n", "the file: has no column name: the first line names the columns"),
        (
            "id,name,phone\nx,Anna,1\n",
            "row 2, column id (A): the number of a contact is what `contact export` wrote; leave it empty for new ones",
        ),
    ] {
        let faults = read(text.as_bytes(), Format::Csv, OPTIONS).unwrap_err();
        assert_eq!(faults.to_string().lines().next().unwrap(), told);
    }
    let unknown = "name,phone,birthday\nAnna,1,today\n";
    let faults = read(unknown.as_bytes(), Format::Csv, OPTIONS).unwrap_err();
    assert!(faults.to_string().starts_with("column birthday (C): nobody knows that column"), "{faults}");
    let sheet = read(unknown.as_bytes(), Format::Csv, Options { skip_unknown: true, ..OPTIONS }).unwrap();
    assert_eq!((sheet.contacts.len(), sheet.remarks.len()), (1, 1));
}

#[test]
fn cards_of_every_version_are_read() {
    use NumberKind::{Home, Mobile, Other, Work};
    let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Müller;Anna;;;\r\nFN:Anna Müller\r\nORG:ACME\\, Inc.;Sales\r\n\
        TEL;TYPE=WORK,VOICE:1001\r\nitem1.TEL;type=CELL;type=pref:+49\r\n  171 1\r\nTEL;TYPE=HOME,FAX:99\r\n\
        NOTE:nothing\\nto see\r\nEND:VCARD\r\n\
        BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96zil;Mes=\nut\nTEL;HOME:5\nTEL;CELL:6\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nFN:Joe\nTEL;VALUE=uri;TYPE=\"voice,work\":tel:+1-555-1;ext=5\nTEL:7\nEND:VCARD\n\
        BEGIN:VCARD\nFN:Nobody\nEMAIL:x@example.net\nEND:VCARD\n";
    let sheet = read(text.as_bytes(), Format::Vcard, OPTIONS).unwrap();
    assert_eq!(sheet.remarks, ["cards without a number to call, which are left out: 1"]);
    let read: Vec<Contact> = sheet.contacts.into_iter().map(|(_, contact)| contact).collect();
    assert_eq!(
        read,
        [
            contact("Anna Müller", "ACME, Inc., Sales", &[(Work, "1001"), (Mobile, "+49 171 1")]),
            contact("Mesut Özil", "", &[(Home, "5"), (Mobile, "6")]),
            contact("Joe", "", &[(Work, "+1-555-1"), (Other, "7")]),
        ]
    );
}

#[test]
fn broken_cards_are_told_by_line() {
    for (text, told) in [
        ("name,phone\n", "the file: holds no vCard"),
        ("BEGIN:VCARD\nFN:x\nTEL:1\n", "line 1: the card does not end"),
        ("BEGIN:VCARD\nTEL:1\nEND:VCARD\n", "line 1: the card has no name"),
        ("BEGIN:VCARD\nFN:x\nTEL:--\nEND:VCARD\n", "line 3: \"--\" is no number: it has no digit"),
        (
            "BEGIN:VCARD\nFN:x\nBEGIN:VCARD\nTEL:1\nEND:VCARD\n",
            "line 3: a card begins before the one above has ended",
        ),
    ] {
        let faults = read(text.as_bytes(), Format::Vcard, OPTIONS).unwrap_err();
        assert_eq!(faults.to_string().lines().next().unwrap(), told);
    }
}

#[test]
fn a_sheet_is_held_against_what_is_there() {
    let there =
        |id, name: &str, number: &str| Contact { id, ..contact(name, "", &[(NumberKind::Work, number)]) };
    let known = [there(1, "Anna", "1"), there(2, "Bert", "2"), there(3, "Bert", "3"), there(4, "Carl", "4")];
    let sheet = |text: &str| read(text.as_bytes(), Format::Csv, OPTIONS).unwrap();
    let some = sheet("name,work\nAnna,1\nBert,22\nBert,3\nDora,5\n");
    let planned = plan(&some, &known, false).unwrap();
    assert_eq!((planned.added, planned.changed, planned.same, planned.removed), (1, 1, 2, 0));
    let new = Contact { id: 0, ..there(0, "Dora", "5") };
    assert_eq!(planned.changes, [Change::PutContact(there(2, "Bert", "22")), Change::PutContact(new)]);
    let planned = plan(&some, &known, true).unwrap();
    assert_eq!((planned.removed, planned.changes.last()), (1, Some(&Change::RemoveContact(4))));
    let renamed = plan(&sheet("id,name,work\n4,Charles,4\n"), &known, false).unwrap();
    assert_eq!(renamed.changes, [Change::PutContact(there(4, "Charles", "4"))]);
    let unknown = plan(&sheet("id,name,work\n9,x,4\n"), &known, false).unwrap_err();
    assert_eq!(unknown.to_string(), "row 2, column id: there is no contact 9; leave it empty for a new one");
    let twice = plan(&sheet("id,name,work\n4,x,4\n4,y,4\n"), &known, false).unwrap_err();
    assert_eq!(twice.to_string(), "row 3: contact 4 stands in the file twice");
}

fn any_contact() -> impl Strategy<Value = Contact> {
    let text = || "[^\\p{C}]{1,40}".prop_map(|text: String| text.trim().to_owned());
    let kinds = [NumberKind::Work, NumberKind::Mobile, NumberKind::Home, NumberKind::Other];
    let numbers =
        prop::collection::vec((prop::sample::select(kinds.to_vec()), "\\+?[0-9][0-9 ,;-]{0,20}[0-9]"), 1..4);
    let named = move |(name, organisation, numbers): (String, String, Vec<(NumberKind, String)>)| {
        let mut numbers: Vec<_> =
            numbers.into_iter().map(|(kind, number)| ContactNumber { kind, number }).collect();
        numbers.sort_by_key(|one| kinds.iter().position(|kind| *kind == one.kind));
        Contact { name, organisation, numbers, ..super::plan::empty("all") }
    };
    let some = (text(), text(), numbers).prop_map(named);
    some.prop_filter("has a name", |contact| !contact.name.is_empty())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(list in prop::collection::vec(any_contact(), 1..6)) {
        prop_assert_eq!(contacts(&write(&list, Format::Vcard), Format::Vcard), list.clone());
        let numbered: Vec<Contact> =
            (1..).zip(list).map(|(id, contact)| Contact { id, ..contact }).collect();
        let text = write(&numbered, Format::Csv);
        prop_assert_eq!(contacts(&text, Format::Csv), numbered.clone());
        let sheet = read(text.as_bytes(), Format::Csv, OPTIONS).unwrap();
        prop_assert!(plan(&sheet, &numbered, true).unwrap().changes.is_empty());
    }

    #[test]
    fn no_file_breaks_the_reader(bytes: Vec<u8>, text in "(BEGIN:VCARD\n|END:VCARD\n|FN[:;=\\\\a-z]{0,5}\n|TEL[:;,=\"a1]{0,6}\n| x\n){0,12}") {
        let _ = read(&bytes, Format::Csv, OPTIONS);
        let _ = read(&bytes, Format::Vcard, OPTIONS);
        let _ = read(text.as_bytes(), Format::Vcard, OPTIONS);
    }
}
