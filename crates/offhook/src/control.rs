//! Doing something with a phone from afar: pushing to it, and restarting it. Commands, the page and the API do it alike.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use provision::inventory::Bundle;
use provision::mac::Mac;
use provision::objects::{Done, Phone, Priority, Target};
use store::Store;

use crate::asterisk::Asterisk;
use crate::asterisk::restart::{Notified, Order, Told, Untold};
use crate::push::{Credentials, Door, Loan, PushError, UsersError, pushes};
use crate::services::quality::peers;
use crate::trust::calendar;

/// How long credentials for one push are good, whatever happens to whoever made them.
const LENT: Duration = Duration::from_secs(180);
/// Between two pushes that belong together: phones take their time to redraw a menu.
const BETWEEN: Duration = Duration::from_millis(1200);

/// A phone, and where it was seen last.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The phone with its groups and lines.
    pub bundle: Bundle,
    /// From where it took its configuration last.
    pub address: Option<IpAddr>,
}

/// How a phone is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By a message of the PBX it is registered with.
    Sip,
    /// By pressing its keys: the 7900 series knows a sequence.
    Keys,
}

/// What became of a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restarted {
    /// The PBX told the phone.
    Told(Notified),
    /// The keys were pressed.
    Pressed,
}

impl Restarted {
    /// In words: `told to restart, as 1001 in Asterisk`.
    #[must_use]
    pub fn words(&self, order: Order) -> String {
        let what = match order {
            Order::Restart => "restart",
            Order::Reset => "start from the beginning",
        };
        match self {
            Self::Told(notified) if notified.told == Told::Order => {
                format!("told to {what}, as {} in Asterisk", notified.peer)
            }
            Self::Told(notified) => format!(
                "asked to look for another configuration, as {} in Asterisk, which does not tell what phones check an order by",
                notified.peer
            ),
            Self::Pressed => "its keys were pressed: Settings, **#**".to_owned(),
        }
    }
}

/// What stands between a phone and what was to be done.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody knows where it is.
    #[error(
        "nobody knows where {0} is: it has not taken its configuration here; name its address with --address"
    )]
    Where(String),
    /// Pushing.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The file of users.
    #[error(transparent)]
    Users(#[from] UsersError),
    /// The PBX did not tell it.
    #[error("{phone}: {untold}")]
    Untold {
        /// The phone.
        phone: String,
        /// Why.
        untold: Untold,
    },
    /// No way at all.
    #[error(
        "{phone} can be restarted only by the PBX it is registered with: set asterisk.url, or restart it by hand ({series} knows no keys for it)"
    )]
    NoWay {
        /// The phone.
        phone: String,
        /// Its series, or what is known instead.
        series: String,
    },
}

impl Reach {
    /// The phone, if it is in the inventory.
    ///
    /// # Errors
    /// The database.
    pub async fn find(store: &Store, mac: Mac) -> store::Result<Option<Self>> {
        let Some(bundle) = store.bundle(mac).await? else { return Ok(None) };
        let fetched = store.fetched(mac).await?;
        let address = fetched.and_then(|fetched| fetched.source.parse::<IpAddr>().ok());
        Ok(Some(Self { bundle, address: address.map(|address| address.to_canonical()) }))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        self.bundle.phone.mac.device_name()
    }

    fn series(&self) -> &'static str {
        self.bundle.phone.model.map_or("", |model| model.series)
    }

    /// As objects need it.
    #[must_use]
    pub fn phone(&self) -> Phone {
        Phone::of(self.bundle.phone.model.map_or("", |model| model.name))
    }

    /// Where it takes pushes.
    ///
    /// # Errors
    /// When nobody knows where it is.
    pub fn door(&self, at: Option<SocketAddr>, secure: bool) -> Result<Door, ControlError> {
        let usual = self.address.map(|address| SocketAddr::new(address, if secure { 443 } else { 80 }));
        let address = at.or(usual).ok_or_else(|| ControlError::Where(self.name()))?;
        Ok(Door { phone: self.bundle.phone.mac, address, secure, old: self.series() == "7900" })
    }
}

/// Pushes all of these, a few at a time and in order; gives what the phone says to each.
///
/// # Errors
/// When the phone does nothing of one push; those before it are done.
pub async fn execute(
    door: &Door,
    credentials: &Credentials,
    phone: Phone,
    targets: &[Target],
    priority: Priority,
) -> Result<Vec<Done>, PushError> {
    let mut all = Vec::new();
    for (number, push) in pushes(phone, targets, priority)?.iter().enumerate() {
        if number > 0 {
            tokio::time::sleep(BETWEEN).await;
        }
        all.extend(door.push(credentials, push).await?);
    }
    Ok(all)
}

/// Restarts a phone, by that way or by the first that works.
///
/// # Errors
/// Why it was not.
pub async fn restart(
    reach: &Reach,
    order: Order,
    way: Option<Way>,
    asterisk: &Asterisk,
    data_dir: &Path,
    door: Result<Door, ControlError>,
) -> Result<Restarted, ControlError> {
    let has_keys = reach.series() == "7900";
    let by_keys = way == Some(Way::Keys) || (way.is_none() && has_keys);
    if way != Some(Way::Keys) && asterisk.is_configured() {
        match asterisk.order(&peers(&reach.bundle), reach.address, order).await {
            // Keys do more than asking.
            Ok(notified) if notified.told == Told::Order || !by_keys => return Ok(Restarted::Told(notified)),
            Ok(_) => {}
            Err(untold) if !by_keys => return Err(ControlError::Untold { phone: reach.name(), untold }),
            Err(untold) => {
                tracing::info!(phone = reach.name(), %untold, "the PBX does not restart it; keys may")
            }
        }
    }
    if !by_keys || !has_keys {
        let series = if reach.series().is_empty() {
            "a phone of unknown model".to_owned()
        } else {
            format!("the {} series", reach.series())
        };
        return Err(ControlError::NoWay { phone: reach.name(), series });
    }
    let door = door?;
    let loan = lend_aside(data_dir, reach.bundle.phone.mac).await?;
    let pressed = press(&door, loan.credentials(), reach.phone()).await;
    give_back(loan).await;
    pressed?;
    Ok(Restarted::Pressed)
}

/// Credentials for pushes to that phone; `/authentication` of this data directory lets them through.
///
/// # Errors
/// When the file of users cannot be changed.
pub fn lend(data_dir: &Path, phone: Mac) -> Result<Loan, UsersError> {
    Loan::take(data_dir, phone, calendar::now(), LENT)
}

/// The same beside the threads that serve: hashing takes a while, and so may others who change the file.
///
/// # Errors
/// When the file of users cannot be changed.
pub async fn lend_aside(data_dir: &Path, phone: Mac) -> Result<Loan, UsersError> {
    let data_dir = data_dir.to_owned();
    let lent = tokio::task::spawn_blocking(move || lend(&data_dir, phone)).await;
    lent.expect("lending does not panic")
}

/// Ends a loan, beside the threads that serve.
pub async fn give_back(loan: Loan) {
    // What cannot be given back ends by itself.
    let _ = tokio::task::spawn_blocking(move || drop(loan)).await;
}

/// Settings, then `**#**`: each key a push of its own, for the order within one is not promised.
async fn press(door: &Door, credentials: &Credentials, phone: Phone) -> Result<(), PushError> {
    const KEYS: [&str; 7] = [
        "Init:Services",
        "Key:Settings",
        "Key:KeyPadStar",
        "Key:KeyPadStar",
        "Key:KeyPadPound",
        "Key:KeyPadStar",
        "Key:KeyPadStar",
    ];
    for (number, key) in KEYS.into_iter().enumerate() {
        if number > 0 {
            tokio::time::sleep(BETWEEN).await;
        }
        let target = Target::parse(key)?;
        for push in pushes(phone, &[target], Priority::Now)? {
            door.push(credentials, &push).await?;
        }
    }
    Ok(())
}
