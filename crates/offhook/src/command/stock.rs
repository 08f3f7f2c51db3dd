//! The inventory as commands use it: opened once, asked in turn, changed at the end.

use std::future::Future;

use provision::inventory::{Bundle, Change, Group, GroupKind, Line, Number, Phone};
use provision::mac::Mac;
use store::Store;

use super::author::author;
use super::console::Console;
use super::trust::change::who;
use super::{Context, WrongUse};
use crate::config::Resolved;
use crate::edit::Editor;
pub(super) use crate::edit::Holder;
use crate::inventory;

/// The inventory, open.
pub(super) struct Stock {
    runtime: Running,
    pub(super) store: Store,
    pub(super) editor: Editor,
    pub(super) resolved: Resolved,
    /// Their name, where trust is told of.
    pub(super) who: String,
    /// Whoever asks.
    pub(super) console: Console,
}

impl Stock {
    pub(super) fn open(context: &Context) -> anyhow::Result<Self> {
        let (resolved, console) = (context.resolved()?, context.output.console.clone());
        let who = who(context);
        if let Some(host) = &context.host {
            let (runtime, store) = (Running::Host(host.runtime.clone()), host.store()?);
            let editor = runtime.block_on(Editor::begin(store.clone()))?;
            return Ok(Self { runtime, store, editor, resolved, who, console });
        }
        let runtime =
            Running::Own(Box::new(tokio::runtime::Builder::new_current_thread().enable_all().build()?));
        let store = runtime.block_on(inventory::open(&resolved))?.by(&author(context));
        let editor = Editor::just_opened(store.clone());
        Ok(Self { runtime, store, editor, resolved, who, console })
    }

    /// Waits for an answer of the store or the editor.
    pub(super) fn wait<T, E>(&self, answer: impl Future<Output = Result<T, E>>) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Makes all changes or none: none, too, if somebody else changed something since this was opened. The command is then
    /// done again, with what they did.
    pub(super) fn change(&self, changes: &[Change]) -> anyhow::Result<()> {
        self.wait(self.editor.change(changes)).map(drop)
    }

    pub(super) fn phone(&self, mac: Mac) -> anyhow::Result<Phone> {
        self.wait(self.editor.phone(mac))
    }

    pub(super) fn line(&self, number: &Number) -> anyhow::Result<Line> {
        self.wait(self.editor.line(number))
    }

    /// The group of that name; of a series that has said nothing yet, an empty one.
    pub(super) fn group(&self, kind: GroupKind, name: &str) -> anyhow::Result<Group> {
        self.wait(self.editor.group(kind, name))
    }

    /// The phone with its groups and lines, whether it is kept already or not.
    pub(super) fn bundle(&self, phone: Phone) -> anyhow::Result<Bundle> {
        self.wait(self.editor.bundle(phone))
    }
}

/// Where connections to the database live: those of a server must not end with a command.
enum Running {
    Own(Box<tokio::runtime::Runtime>),
    Host(tokio::runtime::Handle),
}

impl Running {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        match self {
            Self::Own(runtime) => runtime.block_on(work),
            Self::Host(handle) => handle.block_on(work),
        }
    }
}

/// A group that an option names, instead of a phone.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct GroupOption {
    /// Of this profile instead of a phone.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["site", "series"])]
    profile: Option<String>,
    /// Of this site instead of a phone.
    #[arg(long, value_name = "NAME", conflicts_with = "series")]
    site: Option<String>,
    /// Of this series instead of a phone: 7800, 8800.
    #[arg(long, value_name = "NAME")]
    series: Option<String>,
}

impl GroupOption {
    fn named(&self) -> Option<(GroupKind, &str)> {
        let named = [
            (GroupKind::Profile, &self.profile),
            (GroupKind::Site, &self.site),
            (GroupKind::Series, &self.series),
        ];
        named.into_iter().find_map(|(kind, name)| Some((kind, name.as_deref()?)))
    }

    /// Whose layer is meant, and the words that remain: without a group the first word names a phone.
    pub(super) fn holder<'w>(
        &self,
        words: &'w [String],
        stock: &Stock,
    ) -> anyhow::Result<(Holder, &'w [String])> {
        if let Some((kind, name)) = self.named() {
            return Ok((Holder::Group(stock.group(kind, name)?), words));
        }
        let Some((phone, rest)) = words.split_first() else {
            return Err(WrongUse(
                "say which phone: SEP001122334455, or --profile, --site or --series NAME".to_owned(),
            )
            .into());
        };
        Ok((Holder::Phone(stock.phone(mac(phone)?)?), rest))
    }
}

/// The phone that a word names.
pub(super) fn mac(word: &str) -> Result<Mac, WrongUse> {
    word.parse().map_err(|error| WrongUse(format!("{word:?} is no phone: {error}")))
}
