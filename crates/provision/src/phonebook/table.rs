//! Contacts as a table: CSV with commas, semicolons or tabs.

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::{Options, Sheet, problem_with};
use crate::exchange::table::{Lines, is_blank, letter, separator, unreadable};
use crate::exchange::{Fault, Faults, Place, Unit};
use crate::inventory::{Contact, ContactNumber, NumberKind};

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Book,
    Owner,
    Name,
    Given,
    Family,
    Organisation,
    Number(NumberKind),
}

/// Heads in small letters, without anything between them and without a number at the end.
const HEADS: [(Field, &[&str]); 11] = [
    (Field::Id, &["id"]),
    (Field::Book, &["book", "addressbook", "phonebook", "directory"]),
    (Field::Owner, &["owner", "device", "mac"]),
    (Field::Name, &["name", "fullname", "displayname", "formattedname", "fileas"]),
    (Field::Given, &["given", "givenname", "firstname", "vorname", "prénom"]),
    (Field::Family, &["family", "familyname", "lastname", "surname", "nachname", "nom"]),
    (
        Field::Organisation,
        &[
            "organisation",
            "organization",
            "organisationname",
            "organizationname",
            "company",
            "firma",
            "department",
            "abteilung",
        ],
    ),
    (
        Field::Number(NumberKind::Work),
        &[
            "work",
            "office",
            "business",
            "number",
            "phone",
            "phonenumber",
            "telephone",
            "telefon",
            "extension",
            "workphone",
            "officephone",
            "businessphone",
            "worknumber",
            "companymainphone",
        ],
    ),
    (
        Field::Number(NumberKind::Mobile),
        &["mobile", "cell", "mobilephone", "cellphone", "mobilenumber", "handy", "mobil"],
    ),
    (
        Field::Number(NumberKind::Home),
        &["home", "homephone", "private", "privatephone", "privat", "homenumber"],
    ),
    (Field::Number(NumberKind::Other), &["other", "otherphone", "othernumber"]),
];

fn field(head: &str) -> Option<Field> {
    let small: String = head.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let small = small.trim_end_matches(|c: char| c.is_ascii_digit());
    HEADS.into_iter().find(|(_, heads)| heads.contains(&small)).map(|(field, _)| field)
}

/// What can be read, and what cannot. Nothing can be without the head.
pub(super) fn read(text: &str, options: Options<'_>) -> Result<(Sheet, Faults), Faults> {
    let (separator, text, skipped) = separator(text);
    let mut reader = ReaderBuilder::new();
    let mut reader =
        reader.delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut faults = Faults::default();
    let mut sheet = Sheet::default();
    let mut columns: Option<Vec<Option<(Field, String)>>> = None;
    let mut lines = Lines::new(text, skipped);
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error, skipped))?;
        if is_blank(&record) {
            continue;
        }
        let place = Place::new(Unit::Row, lines.of(&record), "");
        match &columns {
            None => {
                columns = Some(heads(&record, options, &mut faults, &mut sheet));
                let lacks = |fault: &Fault| fault.place.number == 0 && fault.place.column.is_empty();
                if faults.list.iter().any(lacks) {
                    return Err(faults);
                }
            }
            Some(columns) => {
                if let Some(contact) = row(&record, columns, &place, options, &mut faults) {
                    sheet.contacts.push((place, contact));
                }
            }
        }
    }
    if columns.is_none() {
        return Err(Faults::one(Place::whole(), "holds no table: the first line names the columns"));
    }
    Ok((sheet, faults))
}

fn heads(
    record: &StringRecord,
    options: Options<'_>,
    faults: &mut Faults,
    sheet: &mut Sheet,
) -> Vec<Option<(Field, String)>> {
    let mut skipped = Vec::new();
    let mut columns = Vec::new();
    for (number, head) in record.iter().enumerate() {
        let head = head.trim();
        let name = format!("{head} ({})", letter(number));
        let found = field(head);
        if found.is_none() && !head.is_empty() && !head.starts_with('#') {
            if options.skip_unknown {
                skipped.push(name.clone());
            } else {
                let problem = "nobody knows that column; there are name, organisation, work, mobile, home, other, book, owner, \
                               id; --skip-unknown leaves others alone";
                faults.add(Place::new(Unit::Row, 0, name.clone()), problem);
            }
        }
        columns.push(found.map(|field| (field, name)));
    }
    let has = |wanted: fn(&Field) -> bool| columns.iter().flatten().any(|(field, _)| wanted(field));
    if !has(|field| matches!(field, Field::Name | Field::Given | Field::Family | Field::Organisation)) {
        faults.add(Place::whole(), "has no column name: the first line names the columns");
    }
    if !has(|field| matches!(field, Field::Number(_))) {
        faults.add(Place::whole(), "has no column with numbers: work, mobile, home or other");
    }
    if !skipped.is_empty() {
        sheet.remarks.push(format!("columns that are left alone: {}", skipped.join(", ")));
    }
    columns
}

fn row(
    record: &StringRecord,
    columns: &[Option<(Field, String)>],
    place: &Place,
    options: Options<'_>,
    faults: &mut Faults,
) -> Option<Contact> {
    let before = faults.list.len() + faults.more;
    let mut contact = super::plan::empty(options.book);
    let (mut given, mut family) = ("", "");
    for (cell, column) in record.iter().zip(columns) {
        let (cell, Some((field, name))) = (cell.trim(), column) else { continue };
        if cell.is_empty() {
            continue;
        }
        let mut fault = |problem: String| faults.add(place.at(name.clone()), problem);
        match field {
            Field::Id => match cell.parse() {
                Ok(id @ 1..) => contact.id = id,
                _ => fault(
                    "the number of a contact is what `contact export` wrote; leave it empty for new ones"
                        .into(),
                ),
            },
            Field::Book => contact.book = cell.to_owned(),
            Field::Owner => match cell.parse() {
                Ok(mac) => contact.owner = Some(mac),
                Err(error) => fault(format!("{error}")),
            },
            Field::Name => contact.name = cell.to_owned(),
            Field::Given => given = cell,
            Field::Family => family = cell,
            Field::Organisation if contact.organisation.is_empty() => contact.organisation = cell.to_owned(),
            Field::Organisation => contact.organisation = format!("{}, {cell}", contact.organisation),
            Field::Number(kind) => {
                let number = ContactNumber { kind: *kind, number: cell.to_owned() };
                match problem_with(&number) {
                    Some(problem) => fault(problem),
                    None => contact.numbers.push(number),
                }
            }
        }
    }
    if contact.name.is_empty() {
        contact.name = format!("{given} {family}").trim().to_owned();
    }
    super::plan::name_by_organisation(&mut contact);
    if faults.list.len() + faults.more > before {
        return None;
    }
    if contact.name.is_empty() {
        faults.add(place.clone(), "has no name");
        return None;
    }
    if contact.numbers.is_empty() {
        faults.add(place.clone(), "has no number");
        return None;
    }
    Some(contact)
}

/// The kinds of numbers with the words of their columns.
const KINDS: [(NumberKind, &str); 4] = [
    (NumberKind::Work, "work"),
    (NumberKind::Mobile, "mobile"),
    (NumberKind::Home, "home"),
    (NumberKind::Other, "other"),
];

fn numbers(contact: &Contact, kind: NumberKind) -> Vec<String> {
    contact.numbers.iter().filter(|one| one.kind == kind).map(|one| one.number.clone()).collect()
}

/// How many columns numbers of each kind need.
#[derive(Debug, Clone)]
pub struct Columns([usize; 4]);

impl Default for Columns {
    fn default() -> Self {
        Self([1; 4])
    }
}

impl Columns {
    /// As many as this contact needs, too.
    pub fn add(&mut self, contact: &Contact) {
        for (most, (kind, _)) in self.0.iter_mut().zip(KINDS) {
            *most = numbers(contact, kind).len().max(*most);
        }
    }

    /// The names of the columns, as a row.
    pub(super) fn head(&self) -> String {
        let mut head: Vec<String> = ["id", "book", "owner", "name", "organisation"].map(str::to_owned).into();
        for ((_, word), most) in KINDS.into_iter().zip(self.0) {
            head.extend((1..=most).map(|n| if n == 1 { word.to_owned() } else { format!("{word}{n}") }));
        }
        written(&head)
    }

    /// A contact as a row; nothing if it has more numbers than there are columns.
    pub(super) fn row(&self, contact: &Contact) -> Option<String> {
        let owner = contact.owner.map(|mac| mac.device_name()).unwrap_or_default();
        let mut row = vec![
            contact.id.to_string(),
            contact.book.clone(),
            owner,
            contact.name.clone(),
            contact.organisation.clone(),
        ];
        for ((kind, _), most) in KINDS.into_iter().zip(self.0) {
            let mut numbers = numbers(contact, kind);
            if numbers.len() > most {
                return None;
            }
            numbers.resize(most, String::new());
            row.extend(numbers);
        }
        Some(written(&row))
    }
}

fn written(row: &[String]) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(row).expect("memory takes any row");
    let bytes = writer.into_inner().expect("memory can be written");
    String::from_utf8(bytes).expect("only texts were written")
}
