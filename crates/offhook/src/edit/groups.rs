//! Profiles, sites and series: added, copied, changed, removed.

use provision::inventory::{Change, Group, GroupKind};

use super::{Assignment, Editor, Error, Holder, Result, names, plain, series, take};

impl Editor {
    /// Adds a group that says this.
    pub async fn add_group(
        &self,
        kind: GroupKind,
        name: &str,
        description: &str,
        settings: &[Assignment],
    ) -> Result<Group> {
        let mut group = Group::new(kind, self.new_name(kind, name).await?);
        group.description = plain(&format!("{kind} {name}"), "description", description)?;
        self.set_group(&mut group, settings)?;
        self.change(&[Change::PutGroup(group.clone())]).await?;
        Ok(group)
    }

    /// Adds a group that says what another says.
    pub async fn copy_group(&self, kind: GroupKind, from: &str, name: &str) -> Result<Group> {
        if kind == GroupKind::Series {
            let text = "a series is what the catalogue says: set what it shall say";
            return Err(Error::wrong("", text));
        }
        let from = self.group(kind, from).await?;
        let group = Group { name: self.new_name(kind, name).await?, ..from };
        self.change(&[Change::PutGroup(group.clone())]).await?;
        Ok(group)
    }

    async fn new_name(&self, kind: GroupKind, name: &str) -> Result<String> {
        let good = !name.is_empty()
            && name.chars().count() <= 60
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !good {
            let text = format!("{name:?} cannot be the name of a {kind}: 1 to 60 characters of one line");
            return Err(Error::wrong("name", text));
        }
        if kind == GroupKind::Series {
            series(name)?;
        }
        if self.store.group(kind, name).await?.is_some() {
            let hint = format!("; `offhook {kind} set {name} …` changes it");
            return Err(Error::exists("name", format!("{kind} {name} is there already"), hint));
        }
        Ok(name.to_owned())
    }

    /// Writes settings, and the field description; keep it with [`Editor::change`].
    pub fn set_group(&self, group: &mut Group, written: &[Assignment]) -> Result<()> {
        let (own, settings): (Vec<Assignment>, Vec<Assignment>) =
            written.iter().cloned().partition(|one| one.key == "description");
        let holder = Holder::Group(group.clone());
        for Assignment { value, .. } in &own {
            group.description = plain(&holder.name(), "description", value)?;
        }
        take(&holder.name(), &mut group.layer.settings, &holder.scope(), &settings)
    }

    /// Takes settings away, or the field description; keep it with [`Editor::change`].
    pub fn unset_group<S: AsRef<str>>(&self, group: &mut Group, keys: &[S]) -> Result<()> {
        let (own, settings): (Vec<&str>, Vec<&str>) =
            keys.iter().map(AsRef::as_ref).partition(|key| *key == "description");
        let settings = names(&settings)?;
        if !own.is_empty() {
            group.description.clear();
        }
        for name in settings {
            group.layer.settings.unset(name);
        }
        Ok(())
    }

    /// Removes a group, unless phones are in it. A series without a layer of its own is still a series.
    pub async fn remove_group(&self, kind: GroupKind, name: &str) -> Result<Group> {
        let group = self.group(kind, name).await?;
        let phones = self.store.phones_in(kind, &group.name).await?;
        if phones > 0 && kind != GroupKind::Series {
            let s = if phones == 1 { " is" } else { "s are" };
            let name = &group.name;
            let text = format!("{phones} phone{s} in {kind} {name}");
            let hint = format!(
                "; `offhook phone list --{kind} {name}` shows them, `offhook phone set SEP… {kind}=OTHER` moves them"
            );
            return Err(Error::conflict("", text, hint));
        }
        self.change(&[Change::RemoveGroup(kind, group.name.clone())]).await?;
        Ok(group)
    }
}
