//! Documents that phones share by name: found, checked, kept, removed.

use provision::inventory::{Change, Content, Document, GroupKind};
use provision::lint::Finding;
use provision::made;

use super::{Editor, Error, Result};

/// No message names more phones.
const SOME: u32 = 3;

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// It is in the inventory.
    Kept,
    /// offhook makes it where there is none.
    Made,
}

impl Whose {
    /// For people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "inventory",
            Self::Made => "made by offhook",
        }
    }
}

/// The document that offhook makes by that name.
#[must_use]
pub fn made_document(name: &str) -> Option<Document> {
    let name = made_names().find(|own| own.eq_ignore_ascii_case(name))?;
    Document::read(name, &made::make(name)?.bytes).ok()
}

/// The documents that offhook makes by itself.
pub fn made_names() -> impl Iterator<Item = &'static str> {
    made::names().filter(|name| name.ends_with(".xml"))
}

/// The setting by which phones are told of such a document; of others they know the name.
#[must_use]
pub fn setting_of(document: &Document) -> Option<&'static str> {
    match document.content {
        Content::SoftKeys(_) => Some("soft_key_file"),
        Content::DialTemplate(_) => Some("dial_template"),
        Content::FeaturePolicy(_) => Some("feature_policy_file"),
        Content::DialRules(_) | Content::Rings(_) | Content::Backgrounds(_) => None,
    }
}

impl Editor {
    /// The document of that name, whatever the case of its letters: the one that is kept, else the one that offhook makes.
    pub async fn document(&self, name: &str) -> Result<(Document, Whose)> {
        let kept = self.store.documents().await?;
        let names: Vec<_> = kept.iter().map(|document| document.name.clone()).collect();
        if let Some(found) = kept.into_iter().find(|document| document.name.eq_ignore_ascii_case(name)) {
            return Ok((found, Whose::Kept));
        }
        if let Some(document) = made_document(name) {
            return Ok((document, Whose::Made));
        }
        let names: Vec<String> = names.into_iter().chain(made_names().map(str::to_owned)).collect();
        let near = provision::catalogue::nearest(name, names.iter().map(String::as_str));
        let rather = near.map(|near| format!("; perhaps {near}")).unwrap_or_default();
        let hint = if near.is_some() { "" } else { "; `offhook document list --made` shows what there is" };
        Err(Error::no_such("name", format!("there is no document {name:?}{rather}"), hint))
    }

    /// Whether a document of that name may be added.
    pub async fn is_new_document(&self, name: &str) -> Result<()> {
        let there = self.store.documents().await?;
        let Some(own) = there.iter().find(|own| own.name.eq_ignore_ascii_case(name)) else { return Ok(()) };
        let name = &own.name;
        let hint = format!("; `offhook document set {name} FILE` replaces what is in it");
        Err(Error::exists("name", format!("there is a document {name} already"), hint))
    }

    /// Keeps a document, unless phones cannot use it. Gives what only some stumble over.
    pub async fn put_document(&self, document: &Document) -> Result<Vec<Finding>> {
        document.check().map_err(|error| Error::wrong("content", error.to_string()))?;
        let findings = document.findings(None);
        self.change(&[Change::PutDocument(document.clone())]).await?;
        Ok(findings)
    }

    /// Profiles, sites and series that name it.
    pub async fn named_by(&self, document: &Document) -> Result<Vec<String>> {
        let Some(setting) = setting_of(document) else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for kind in GroupKind::ALL {
            for group in self.store.groups(kind).await? {
                let named = group.layer.settings.of(setting);
                if named.is_some_and(|name| name.eq_ignore_ascii_case(&document.name)) {
                    names.push(format!("{kind} {}", group.name));
                }
            }
        }
        Ok(names)
    }

    /// Phones that name it themselves: some, and how many more there are.
    async fn phones_naming(&self, document: &Document) -> Result<Vec<String>> {
        let Some(setting) = setting_of(document) else { return Ok(Vec::new()) };
        let found = self.store.phones_saying(setting, &document.name, SOME).await?;
        let mut names: Vec<String> = found.rows.iter().map(|mac| mac.device_name()).collect();
        match found.total - names.len() as u64 {
            0 => {}
            1 => names.push("one more phone".to_owned()),
            more => names.push(format!("{more} more phones")),
        }
        Ok(names)
    }

    /// Removes documents, unless something names one and that is not wanted. Gives their names.
    pub async fn remove_documents<S: AsRef<str>>(&self, names: &[S], force: bool) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let (document, whose) = self.document(name).await?;
            if whose == Whose::Made {
                let text = format!(
                    "{} is not in the inventory: offhook makes it, and goes on doing so",
                    document.name
                );
                return Err(Error::conflict("name", text, ""));
            }
            // Without it, the one that offhook makes by that name is there again.
            let mut named = self.named_by(&document).await?;
            named.extend(self.phones_naming(&document).await?);
            if !named.is_empty() && !force && made_document(&document.name).is_none() {
                let text = format!("{} is named by {}", document.name, named.join(", "));
                return Err(Error::conflict("", text, "; --force removes it all the same"));
            }
            found.push(document.name);
        }
        found.sort_unstable();
        found.dedup();
        let changes: Vec<_> = found.iter().cloned().map(Change::RemoveDocument).collect();
        self.change(&changes).await?;
        Ok(found)
    }
}
