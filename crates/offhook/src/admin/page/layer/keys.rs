//! Keys as a form has them: a row for each button, of a phone or of a group.

use std::collections::BTreeMap;

use provision::catalogue::{LineFeature, line_features};
use provision::inventory::{Key, Line, Number};

use crate::admin::page::answer::Refused;
use crate::admin::page::form::Filled;
use crate::admin::page::phone::complaints;
use crate::edit::{self, Aim, Assignment, Editor, Error, Holder, Scope, aim, effective};

/// The word for a button that stays empty in spite of earlier layers.
const EMPTY: &str = "(empty)";
/// So many lines are offered while a number is typed.
const OFFERED: u32 = 500;

/// The keys of a layer.
type Keys = BTreeMap<u16, Option<Key>>;

/// A button as the form has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) button: u16,
    pub(crate) feature: String,
    pub(crate) target: String,
    pub(crate) label: String,
    /// What earlier layers put there: who, and what.
    pub(crate) inherited: Option<(String, String)>,
    /// Settings that the row has no field for.
    pub(crate) more: String,
    pub(crate) wrong: Option<String>,
    /// What lint thinks of it.
    pub(crate) findings: Vec<String>,
}

/// What `keys_form.html` shows.
pub(crate) struct Form {
    /// Where it is sent.
    pub(crate) address: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) features: Vec<&'static LineFeature>,
    pub(crate) lines: Vec<Line>,
}

impl Form {
    pub(crate) async fn new(
        address: String,
        editor: &Editor,
        scope: &Scope,
        rows: Vec<Row>,
    ) -> Result<Self, Refused> {
        let models = super::models(scope);
        let knows = |feature: &&LineFeature| models.iter().any(|model| feature.applies.to(model));
        let lines = editor.store.lines(None, &store::Page::first(OFFERED)).await?.rows;
        Ok(Self { address, rows, features: line_features().iter().filter(knows).collect(), lines })
    }

    /// Whether something in it cannot be kept.
    pub(crate) fn is_wrong(&self) -> bool {
        self.rows.iter().any(|row| row.wrong.is_some())
    }
}

impl Row {
    /// What a layer says of a button.
    pub(crate) fn of(button: u16, own: &Keys, inherited: Option<(String, String)>) -> Self {
        let mut row = Self { button, inherited, ..Self::default() };
        match own.get(&button) {
            None => {}
            Some(None) => row.feature = EMPTY.to_owned(),
            Some(Some(key)) => {
                row.feature = key.feature.key.to_owned();
                row.target = effective::target(key).to_owned();
                row.label = key.settings.of("label").unwrap_or_default().to_owned();
                row.more = effective::more(key);
            }
        }
        row
    }

    /// Whether the layer leaves the button to earlier ones, which do something with it.
    pub(crate) fn is_inherited(&self) -> bool {
        self.feature.is_empty() && self.inherited.is_some()
    }
}

/// The rows as somebody filled them in.
pub(crate) fn typed(
    form: &Filled,
    own: &Keys,
    inherited: impl Fn(u16) -> Option<(String, String)>,
) -> Vec<Row> {
    let buttons = form.all("button").filter_map(|button| button.parse::<u16>().ok());
    let row = |button: u16| {
        let field = |part: &str| form.text(&format!("{part}.{button}")).to_owned();
        let (feature, target, label) = (field("feature"), field("target"), field("label"));
        Row { feature, target, label, ..Row::of(button, own, inherited(button)) }
    };
    buttons.map(row).collect()
}

/// Lines that are made because a key names them.
struct NewLines {
    wanted: bool,
    made: BTreeMap<Number, Line>,
}

/// Writes the rows into the layer; what is wrong stands in the row then. Gives the lines that have to be made.
pub(crate) async fn apply(
    editor: &Editor,
    holder: &mut Holder,
    rows: &mut [Row],
    make_lines: bool,
) -> Result<Vec<Line>, Refused> {
    let scope = holder.scope();
    let mut new = NewLines { wanted: make_lines, made: BTreeMap::new() };
    // A key that was dragged elsewhere keeps what the row has no field for.
    let known: Vec<Key> = holder.layer().keys.values().flatten().cloned().collect();
    for row in rows {
        let done = match row.feature.as_str() {
            "" => {
                holder.layer_mut().keys.remove(&row.button);
                Ok(())
            }
            EMPTY => {
                holder.layer_mut().keys.insert(row.button, None);
                Ok(())
            }
            _ => one(editor, holder, row, &scope, &known, &mut new).await,
        };
        if let Err(error) = done {
            row.wrong = Some(complaints(error)?.join(" "));
        }
    }
    Ok(new.made.into_values().collect())
}

async fn one(
    editor: &Editor,
    holder: &mut Holder,
    row: &Row,
    scope: &Scope,
    known: &[Key],
    new: &mut NewLines,
) -> edit::Result<()> {
    let mut key = key(row, scope)?;
    keep_more(&mut key, row, holder.layer().keys.get(&row.button).and_then(Option::as_ref), known);
    scope.check_key(row.button, &key).map_err(|error| Error::wrong("", error.to_string()))?;
    if let Some(number) = &key.line
        && editor.store.line(number).await?.is_none()
    {
        if !new.wanted {
            return editor.line(number).await.map(drop);
        }
        if !new.made.contains_key(number) {
            let mut made = Line::new(number.clone());
            editor.make_up_password(&mut made)?;
            new.made.insert(number.clone(), made);
        }
    }
    holder.layer_mut().keys.insert(row.button, Some(key));
    Ok(())
}

/// The key that the fields of a row say.
fn key(row: &Row, scope: &Scope) -> edit::Result<Key> {
    let whose = format!("key {}", row.button);
    let feature = edit::feature(&whose, &row.feature)?;
    let (mut written, mut line) = (Vec::new(), None);
    match aim(feature) {
        Some(Aim::Line) => {
            let number = row.target.parse::<Number>();
            line = Some(number.map_err(|error| Error::wrong("target", format!("{error}")))?);
        }
        Some(Aim::Setting(name)) => written.push(Assignment::new(name, row.target.as_str())),
        None => {}
    }
    if !row.label.is_empty() {
        written.push(Assignment::new("label", row.label.as_str()));
    }
    edit::new_key(&whose, feature, line, &written, scope)
}

/// Takes over what the row has no field for, from the key that was there or, when it was dragged, from where it was.
fn keep_more(key: &mut Key, row: &Row, own: Option<&Key>, known: &[Key]) {
    let same = |old: &&Key| {
        old.feature == key.feature && old.line == key.line && effective::target(old) == row.target
    };
    let Some(old) = own.filter(same).or_else(|| known.iter().find(same)) else { return };
    let shown = ["label", "number", "service_url", "secure_service_url"];
    let kept: Vec<_> = old.settings.iter().filter(|(name, _)| !shown.contains(&name.key())).collect();
    key.settings.extend(kept.into_iter().map(|(name, value)| (name, value.to_owned())));
}
