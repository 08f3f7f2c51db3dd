//! Lines: added, changed, removed.

use std::fmt;

use provision::inventory::{Change, Line, Name, Number};

use super::{Assignment, Editor, Error, Holder, Problem, Result, made_up, take};

/// A value of a line that some of its phones do not know, and are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The line.
    pub line: Number,
    /// The setting.
    pub name: Name,
    /// The value; nothing secret.
    pub value: String,
    /// The models.
    pub models: Vec<&'static str>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, name, value, models } = self;
        write!(f, "line {line}: {name}={value} is left out on its phones of model {}", models.join(", "))
    }
}

impl Editor {
    /// Whether a line of that number may be added.
    pub async fn is_new_line(&self, number: &Number) -> Result<()> {
        if self.store.line(number).await?.is_none() {
            return Ok(());
        }
        let hint = format!("; `offhook line set {number} …` changes it");
        Err(Error::exists("number", format!("line {number} is there already"), hint))
    }

    /// Writes settings of a line; keep it with [`Editor::change`]. Words of one model only are taken if one of the line's
    /// phones takes them; those that do not are told.
    pub async fn set_line(&self, line: &mut Line, written: &[Assignment]) -> Result<Vec<LeftOut>> {
        let whose = format!("line {}", line.number);
        for Assignment { key, .. } in written {
            if key.parse::<Name>().is_ok_and(|name| !name.is_of_a_line()) {
                let text = format!("{whose}: {key} is a setting of phones");
                let hint = format!(": `offhook phone set SEP… {key}=…`");
                return Err(Error::Wrong(vec![Problem::new(format!("settings/{key}"), text).hint(hint)]));
            }
        }
        let phones = self.store.phones_with_line(&line.number).await?;
        let scope = self.scope_of(&phones).await?;
        take(&whose, &mut line.settings, &scope, written)?;
        let mut left_out = Vec::new();
        for Assignment { key, value } in written.iter().filter(|_| !phones.is_empty()) {
            let Ok(name) = key.parse::<Name>() else { continue };
            let models: Vec<_> = scope.refusing(name, value).iter().map(|model| model.name).collect();
            if !models.is_empty() && !name.setting().is_secret() {
                left_out.push(LeftOut { line: line.number.clone(), name, value: value.clone(), models });
            }
        }
        Ok(left_out)
    }

    /// Gives the line a password that nobody knows yet; keep it with [`Editor::change`].
    pub fn make_up_password(&self, line: &mut Line) -> Result<String> {
        let password = made_up()?;
        let name = Name::new("auth_password").expect("the catalogue has passwords of lines");
        line.settings.set(name, password.clone());
        Ok(password)
    }

    /// Removes lines; the keys that have them only if that is wanted. Gives the names of those whose keys were cleared.
    pub async fn remove_lines(&self, numbers: &[Number], with_keys: bool) -> Result<Vec<String>> {
        let mut changes = Vec::new();
        for number in numbers {
            self.line(number).await?;
            changes.push(Change::RemoveLine(number.clone()));
        }
        let is = |number: Option<&Number>| number.is_some_and(|number| numbers.contains(number));
        let mut holders = self.holders_of(numbers).await?;
        holders.retain(|holder| holder.layer().keys.values().flatten().any(|key| is(key.line.as_ref())));
        let names: Vec<_> = holders.iter().map(Holder::name).collect();
        if !holders.is_empty() && !with_keys {
            let list = numbers.iter().map(Number::as_str).collect::<Vec<_>>().join(", ");
            let text = format!("line {list} is on keys of {}", names.join(", "));
            return Err(Error::conflict("", text, "; --with-keys clears them, too"));
        }
        for mut holder in holders {
            holder.layer_mut().keys.retain(|_, key| !key.as_ref().is_some_and(|key| is(key.line.as_ref())));
            changes.push(holder.put());
        }
        self.change(&changes).await?;
        Ok(names)
    }

    /// Every phone and group with a key for one of the lines, once.
    async fn holders_of(&self, numbers: &[Number]) -> Result<Vec<Holder>> {
        let (mut macs, mut groups) = (Vec::new(), Vec::new());
        for number in numbers {
            macs.extend(self.store.phones_with_line(number).await?);
            groups.extend(self.store.groups_with_line(number).await?);
        }
        macs.sort_unstable();
        macs.dedup();
        groups.sort_unstable();
        groups.dedup();
        let mut holders = Vec::new();
        for mac in macs {
            holders.push(Holder::Phone(self.phone(mac).await?));
        }
        for (kind, name) in groups {
            holders.push(Holder::Group(self.group(kind, &name).await?));
        }
        Ok(holders)
    }
}
