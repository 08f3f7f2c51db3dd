//! Phones: added, claimed, changed, replaced, removed.

use provision::inventory::{Change, Number, Phone, State};
use provision::mac::Mac;
use provision::models::Model;
use store::Waiting;

use super::{Assignment, Editor, Error, FIELDS, Placed, Result, Scope, Wanted, names, take};

/// What a phone shall be that is added or claimed.
#[derive(Clone, Debug, Default)]
pub struct NewPhone {
    /// What it is, if somebody says.
    pub model: Option<&'static Model>,
    /// Fields and settings.
    pub assignments: Vec<Assignment>,
    /// Lines that it has, on its first free keys.
    pub lines: Vec<Wanted>,
}

/// A phone that was added or claimed, and its lines.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The phone as it is kept.
    pub phone: Phone,
    /// What became of the lines.
    pub placed: Vec<Placed>,
}

impl Editor {
    /// Adds a phone; one that waits is claimed by this.
    pub async fn add_phone(&self, mac: Mac, new: NewPhone) -> Result<Placement> {
        let name = mac.device_name();
        if !self.is_free(mac).await? {
            let hint = format!("; `offhook phone set {name} …` changes it");
            return Err(Error::exists("phone", format!("{name} is there already"), hint));
        }
        let (placement, changes) = self.laid_out(Phone::new(mac, new.model), new).await?;
        self.welcome(mac, &changes).await?;
        Ok(placement)
    }

    /// The phone that waits under that code, or has that address.
    pub async fn find_waiting(&self, code: &str) -> Result<Waiting> {
        if let Some(waiting) = self.store.waiting_by_code(code).await? {
            return Ok(waiting);
        }
        let Ok(mac) = code.parse::<Mac>() else {
            // On the command line a code that nobody has is a mistyped word.
            let text = format!("no phone waits under the code {code:?}");
            let hint = "; `offhook phone claim` lists those that wait. A phone that has not asked for long gets a new \
                        code: restart it";
            return Err(Error::no_such("code", text, hint));
        };
        let waiting = self.store.waiting(mac).await?;
        waiting.ok_or_else(|| {
            Error::no_such("code", format!("{} does not wait to be claimed", mac.device_name()), "")
        })
    }

    /// Claims a phone that waits.
    pub async fn claim(&self, waiting: &Waiting, new: NewPhone) -> Result<Placement> {
        let mut phone = Phone { state: State::Active, ..self.phone(waiting.mac).await? };
        phone.model = new.model.or(phone.model);
        let (placement, changes) = self.laid_out(phone, new).await?;
        self.store.claim(&waiting.code, &changes).await?;
        Ok(placement)
    }

    async fn laid_out(&self, mut phone: Phone, new: NewPhone) -> Result<(Placement, Vec<Change>)> {
        self.set_phone(&mut phone, &new.assignments).await?;
        let mut bundle = self.bundle(phone).await?;
        let (placed, mut changes) = self.place(&mut bundle, new.lines).await?;
        changes.push(Change::PutPhone(bundle.phone.clone()));
        Ok((Placement { phone: bundle.phone, placed }, changes))
    }

    /// Writes fields and settings into the phone; keep it with [`Editor::change`].
    pub async fn set_phone(&self, phone: &mut Phone, written: &[Assignment]) -> Result<()> {
        let (own, settings): (Vec<Assignment>, Vec<Assignment>) =
            written.iter().cloned().partition(|one| FIELDS.contains(&one.key.as_str()));
        for Assignment { key, value } in &own {
            self.set_field(phone, key, value).await?;
        }
        // A new model's words, if there is one among the fields.
        let scope = Scope::of(phone.model);
        take(&phone.mac.device_name(), &mut phone.layer.settings, &scope, &settings)
    }

    /// Takes fields and settings away from the phone; keep it with [`Editor::change`].
    pub async fn unset_phone<S: AsRef<str>>(&self, phone: &mut Phone, keys: &[S]) -> Result<()> {
        let (own, settings): (Vec<&str>, Vec<&str>) =
            keys.iter().map(AsRef::as_ref).partition(|key| FIELDS.contains(key));
        if let Some(field) = own.iter().find(|field| matches!(**field, "model" | "state")) {
            let problem = super::Problem::new(*field, format!("every phone has a {field}"))
                .hint(format!(": `offhook phone set SEP… {field}=…` changes it"));
            return Err(Error::Wrong(vec![problem]));
        }
        let settings = names(&settings)?;
        for field in own {
            self.set_field(phone, field, "").await?;
        }
        for name in settings {
            phone.layer.settings.unset(name);
        }
        Ok(())
    }

    /// Lets a new device take over all that a phone has.
    pub async fn replace_phone(&self, old: Mac, new: Mac, model: Option<&'static Model>) -> Result<Phone> {
        if old == new {
            return Err(Error::wrong("by", format!("{} cannot take its own place", old.device_name())));
        }
        let before = self.phone(old).await?;
        if !self.is_free(new).await? {
            let name = new.device_name();
            let hint = format!("; `offhook phone remove {name}` makes room");
            return Err(Error::exists("by", format!("{name} is there already"), hint));
        }
        let phone = Phone { mac: new, model: model.or(before.model), ..before };
        self.welcome(new, &[Change::RemovePhone(old), Change::PutPhone(phone.clone())]).await?;
        Ok(phone)
    }

    /// Removes phones, and if that is wanted the lines on their keys that nothing else has. Gives those lines.
    pub async fn remove_phones(&self, macs: &[Mac], with_lines: bool) -> Result<Vec<Number>> {
        let mut changes = Vec::new();
        let mut lines: Vec<Number> = Vec::new();
        for mac in macs {
            let phone = self.phone(*mac).await?;
            lines.extend(phone.layer.keys.into_values().flatten().filter_map(|key| key.line));
            changes.push(Change::RemovePhone(*mac));
        }
        lines.sort_unstable();
        lines.dedup();
        let mut gone = Vec::new();
        if with_lines {
            for number in lines {
                let phones = self.store.phones_with_line(&number).await?;
                let groups = self.store.groups_with_line(&number).await?;
                if groups.is_empty() && phones.iter().all(|mac| macs.contains(mac)) {
                    changes.push(Change::RemoveLine(number.clone()));
                    gone.push(number);
                }
            }
        }
        self.change(&changes).await?;
        Ok(gone)
    }
}
