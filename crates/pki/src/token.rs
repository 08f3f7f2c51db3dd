//! Keys on a token: a smart card, a USB stick or a network appliance that signs and never gives its keys away (PKCS#11).
//!
//! The module of the token's maker is code of others that may take its time or hang. So it runs in one thread of its own,
//! and whoever asks waits until a deadline; while that thread is lost in the module, everybody is refused at once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use openssl::rsa::RsaRef;
use wire::signature::Digest;

/// A token signs within a second; a phone asks again after a few.
const DEADLINE: Duration = Duration::from_secs(5);
/// So many may wait for the token at a time: more would only wait until their deadline.
const QUEUE: usize = 64;
/// PKCS#11 has room for so many bytes of a token's label.
const LONGEST_LABEL: usize = 32;

/// Where a key is: `pkcs11:token=offhook;object=sast-1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenAddress {
    /// The label of the token.
    pub token: String,
    /// The label of the key.
    pub object: String,
}

/// A text that says no place on a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no place on a token: write pkcs11:token=LABEL;object=LABEL")]
pub struct AddressError(String);

/// The PIN of a token, never printed.
#[derive(Clone)]
pub struct Pin(Arc<str>);

/// The tokens behind one module. Cloning shares the thread that talks to it.
#[derive(Clone)]
pub struct Tokens(Arc<Shared>);

struct Shared {
    module: PathBuf,
    pin: Option<Pin>,
    deadline: Duration,
    worker: Mutex<Option<SyncSender<Job>>>,
    /// Since when the thread has been at one job.
    begun: Arc<Mutex<Option<Instant>>>,
}

type Job = Box<dyn FnOnce(&mut Seat) + Send>;

/// Why a token does not do as it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No module was named.
    #[error("nobody said how to reach tokens: set keys.pkcs11_module to the module of their maker")]
    NoModule,
    /// The module cannot be loaded.
    #[error("the module {} for tokens cannot be used: {problem}", path.display())]
    Module {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The token is not there.
    #[error("there is no token \"{0}\": put it in, or see that its service runs")]
    Absent(String),
    /// The token wants a PIN.
    #[error("the token \"{0}\" wants a PIN, and nobody said one: set keys.pin_file")]
    NoPin(String),
    /// The PIN is wrong. It is not tried again: after a few wrong ones, tokens lock for good.
    #[error("the token \"{0}\" refuses the PIN ({1}); it is not tried again before a restart")]
    Pin(String, String),
    /// The key is not there.
    #[error("the token \"{}\" has no private key \"{}\"", .0.token, .0.object)]
    NoKey(TokenAddress),
    /// The label says too little.
    #[error("the token \"{}\" has {} private keys \"{}\"; labels must differ", .0.token, .1, .0.object)]
    Many(TokenAddress, usize),
    /// There is one already.
    #[error("the token \"{}\" has a private key \"{}\" already", .0.token, .0.object)]
    Taken(TokenAddress),
    /// Another key has that name.
    #[error("the key \"{}\" on the token \"{}\" is not the one of the certificate", .0.object, .0.token)]
    OtherKey(TokenAddress),
    /// A key that cannot be brought along.
    #[error("only RSA keys go onto a token")]
    NotRsa,
    /// It takes too long.
    #[error("the token does not answer")]
    Silent,
    /// Anything else that it says.
    #[error("the token refuses: {0}")]
    Refused(String),
}

impl Pin {
    /// The PIN that a file holds: its first line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).into())
    }
}

impl Tokens {
    /// The tokens that this module reaches. Nothing is loaded before somebody asks.
    #[must_use]
    pub fn new(module: &Path, pin: Option<Pin>) -> Self {
        Self::with_deadline(module, pin, DEADLINE)
    }

    fn with_deadline(module: &Path, pin: Option<Pin>, deadline: Duration) -> Self {
        let (module, worker, begun) = (module.to_owned(), Mutex::default(), Arc::default());
        Self(Arc::new(Shared { module, pin, deadline, worker, begun }))
    }

    /// The module.
    #[must_use]
    pub fn module(&self) -> &Path {
        &self.0.module
    }

    /// The labels of all private keys, by token. Tokens that do not let anybody in are left out.
    pub fn keys(&self) -> Result<Vec<TokenAddress>, TokenError> {
        self.ask(Seat::keys)
    }

    /// Whether the key is there and can be reached.
    pub fn look(&self, address: &TokenAddress) -> Result<(), TokenError> {
        let address = address.clone();
        self.ask(move |seat| seat.key(&address).map(drop))
    }

    /// An RSA signature (PKCS#1 v1.5) over a digest.
    pub(crate) fn sign(
        &self,
        address: &TokenAddress,
        digest: Digest,
        hash: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let (address, info) = (address.clone(), [prefix(digest), hash].concat());
        self.ask(move |seat| {
            let key = seat.key(&address)?;
            seat.session(&address.token)?.sign(&Mechanism::RsaPkcs, key, &info).map_err(TokenError::said)
        })
    }

    /// Puts a private key onto the token, which never gives it away again.
    pub(crate) fn put(
        &self,
        address: &TokenAddress,
        key: &RsaRef<openssl::pkey::Private>,
    ) -> Result<(), TokenError> {
        let (address, template) = (address.clone(), template(&address.object, key)?);
        self.ask(move |seat| match seat.key(&address) {
            Err(TokenError::NoKey(_)) => {
                let session = seat.session(&address.token)?;
                session.create_object(&template).map(drop).map_err(TokenError::said)
            }
            Err(TokenError::Many(..)) | Ok(_) => Err(TokenError::Taken(address)),
            Err(other) => Err(other),
        })
    }

    /// Has something done in the thread of the module.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Seat) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let shared = &self.0;
        let is_lost = |begun: Option<Instant>| begun.is_some_and(|begun| begun.elapsed() >= shared.deadline);
        if is_lost(*shared.begun.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Err(TokenError::Silent);
        }
        let (reply, answer) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |seat| {
            let done = work(seat);
            if let Err(error) = &done {
                seat.failed(error);
            }
            // Whoever asked may have given up.
            let _ = reply.send(done);
        });
        shared.give(job)?;
        match answer.recv_timeout(shared.deadline) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(TokenError::Silent),
        }
    }
}

impl Shared {
    /// Hands a job to the thread, which begins with the first.
    fn give(&self, job: Job) -> Result<(), TokenError> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match worker.as_ref() {
            None => job,
            Some(running) => match running.try_send(job) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => return Err(TokenError::Silent),
                // A module that brought its thread down gets another.
                Err(TrySendError::Disconnected(job)) => job,
            },
        };
        let running = self.begin()?;
        let _ = running.try_send(job);
        *worker = Some(running);
        Ok(())
    }

    fn begin(&self) -> Result<SyncSender<Job>, TokenError> {
        let (sender, jobs) = mpsc::sync_channel::<Job>(QUEUE);
        let (mut seat, begun) = (Seat::new(&self.module, self.pin.clone()), self.begun.clone());
        let run = move || {
            for job in jobs {
                *begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                job(&mut seat);
                *begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        };
        let started = std::thread::Builder::new().name("token".to_owned()).spawn(run);
        started.map_err(|error| TokenError::Refused(error.to_string()))?;
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(sender)
    }
}

/// Who talks to the module, in its one thread.
struct Seat {
    module: PathBuf,
    pin: Option<Pin>,
    /// Loaded once and for good: modules do not like to be unloaded.
    library: Option<Pkcs11>,
    initialised: bool,
    session: Option<(String, Session)>,
    /// The PIN was wrong.
    refused: Option<TokenError>,
}

impl Seat {
    fn new(module: &Path, pin: Option<Pin>) -> Self {
        let module = module.to_owned();
        Self { module, pin, library: None, initialised: false, session: None, refused: None }
    }

    /// Begins anew next time: a token that is put in again is another one to its module.
    fn failed(&mut self, error: &TokenError) {
        if matches!(error, TokenError::Pin(..)) {
            self.refused = Some(error.clone());
        }
        if matches!(error, TokenError::Absent(_) | TokenError::Refused(_) | TokenError::NoKey(_)) {
            self.session = None;
            if let Some(library) = self.library.clone().filter(|_| self.initialised) {
                let _ = library.finalize();
            }
            self.initialised = false;
        }
    }

    fn library(&mut self) -> Result<&Pkcs11, TokenError> {
        let failed = |path: &Path, error: &Error| TokenError::Module {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        if self.library.is_none() {
            self.library = Some(Pkcs11::new(&self.module).map_err(|error| failed(&self.module, &error))?);
        }
        let library = self.library.as_ref().expect("it was loaded just now");
        if !self.initialised {
            match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
                Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
                Err(error) => return Err(failed(&self.module, &error)),
            }
            self.initialised = true;
        }
        Ok(library)
    }

    /// The tokens that are there, with their labels.
    fn tokens(&mut self) -> Result<Vec<(String, Slot)>, TokenError> {
        let library = self.library()?;
        let slots = library.get_slots_with_token().map_err(TokenError::said)?;
        let label = |slot| library.get_token_info(slot).ok().map(|info| (info.label().to_owned(), slot));
        Ok(slots.into_iter().filter_map(label).collect())
    }

    /// A session on that token, behind its PIN.
    fn session(&mut self, token: &str) -> Result<&Session, TokenError> {
        if self.session.as_ref().is_none_or(|(label, _)| label != token) {
            let session = self.open(token)?;
            self.session = Some((token.to_owned(), session));
        }
        Ok(self.session.as_ref().map(|(_, session)| session).expect("it was opened just now"))
    }

    fn open(&mut self, token: &str) -> Result<Session, TokenError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        // Labels end where their room does.
        let wanted = token.trim_end_matches(' ');
        let found = self.tokens()?.into_iter().find(|(label, _)| label == wanted);
        let (_, slot) = found.ok_or_else(|| TokenError::Absent(token.to_owned()))?;
        let pin = self.pin.clone().ok_or_else(|| TokenError::NoPin(token.to_owned()))?;
        let session = self.library()?.open_rw_session(slot).map_err(TokenError::said)?;
        match session.login(UserType::User, Some(&AuthPin::from(pin.0.to_string()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(
                error @ Error::Pkcs11(
                    RvError::PinIncorrect
                    | RvError::PinLocked
                    | RvError::PinInvalid
                    | RvError::PinLenRange
                    | RvError::PinExpired,
                    _,
                ),
            ) => Err(TokenError::Pin(token.to_owned(), short(&error))),
            Err(error) => Err(TokenError::said(error)),
        }
    }

    /// The one private key of that name.
    fn key(&mut self, address: &TokenAddress) -> Result<ObjectHandle, TokenError> {
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(address.object.clone().into_bytes()),
        ];
        let found = self.session(&address.token)?.find_objects(&template).map_err(TokenError::said)?;
        match found.as_slice() {
            [] => Err(TokenError::NoKey(address.clone())),
            [only] => Ok(*only),
            many => Err(TokenError::Many(address.clone(), many.len())),
        }
    }

    fn keys(&mut self) -> Result<Vec<TokenAddress>, TokenError> {
        let mut keys = Vec::new();
        for (token, _) in self.tokens()? {
            let Ok(session) = self.session(&token) else { continue };
            let found = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]);
            for object in found.map_err(TokenError::said)? {
                let read = session.get_attributes(object, &[AttributeType::Label]);
                let Some(Attribute::Label(label)) = read.map_err(TokenError::said)?.pop() else { continue };
                let object = String::from_utf8_lossy(&label).into_owned();
                keys.push(TokenAddress { token: token.clone(), object });
            }
        }
        Ok(keys)
    }
}

impl TokenError {
    fn said(error: Error) -> Self {
        Self::Refused(short(&error))
    }
}

/// The first sentence of what it says: the others explain the standard.
fn short(error: &Error) -> String {
    let text = error.to_string();
    text.split(". ").next().unwrap_or(&text).trim_end_matches('.').to_owned()
}

/// What stands before a digest in a signature: its name, in DER.
fn prefix(digest: Digest) -> &'static [u8] {
    match digest {
        Digest::Sha1 => &[0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14],
        Digest::Sha256 => {
            &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]
        }
        Digest::Sha512 => {
            &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40]
        }
    }
}

/// What the token is to keep of the key, and what it may do with it.
fn template(label: &str, key: &RsaRef<openssl::pkey::Private>) -> Result<Vec<Attribute>, TokenError> {
    let parts = (key.p(), key.q(), key.dmp1(), key.dmq1(), key.iqmp());
    let (Some(p), Some(q), Some(dmp1), Some(dmq1), Some(iqmp)) = parts else {
        return Err(TokenError::NotRsa);
    };
    let modulus = key.n().to_vec();
    Ok(vec![
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(crate::digest::sha1(&modulus).to_vec()),
        Attribute::Modulus(modulus),
        Attribute::PublicExponent(key.e().to_vec()),
        Attribute::PrivateExponent(key.d().to_vec()),
        Attribute::Prime1(p.to_vec()),
        Attribute::Prime2(q.to_vec()),
        Attribute::Exponent1(dmp1.to_vec()),
        Attribute::Exponent2(dmq1.to_vec()),
        Attribute::Coefficient(iqmp.to_vec()),
    ])
}

impl FromStr for TokenAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let parts = text.trim().strip_prefix("pkcs11:").ok_or_else(wrong)?;
        let (mut token, mut object) = (None, None);
        for part in parts.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            // No PIN stands in a file that everybody reads.
            let value = unescaped(value).filter(|_| !value.is_empty() && !value.contains('?'));
            let value = value.ok_or_else(wrong)?;
            match name {
                "token" if token.is_none() && value.len() <= LONGEST_LABEL => token = Some(value),
                "object" if object.is_none() => object = Some(value),
                // What tells the same token or key apart further.
                "type" | "model" | "manufacturer" | "serial" => {}
                _ => return Err(wrong()),
            }
        }
        let (token, object) = token.zip(object).ok_or_else(wrong)?;
        Ok(Self { token, object })
    }
}

impl fmt::Display for TokenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkcs11:token={};object={}", escaped(&self.token), escaped(&self.object))
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(hidden)")
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&self.0.module).finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn addresses_read_as_they_print() {
        for (text, token, object) in [
            ("pkcs11:token=offhook;object=sast-1", "offhook", "sast-1"),
            ("pkcs11:token=My%20Token%3B;object=%C3%BC", "My Token;", "ü"),
        ] {
            let address: TokenAddress = text.parse().unwrap();
            assert_eq!((address.token.as_str(), address.object.as_str()), (token, object));
            assert_eq!(address.to_string(), text);
        }
        let more = "pkcs11:model=SoftHSM;token=t;object=o;type=private\n".parse::<TokenAddress>().unwrap();
        assert_eq!(more.to_string(), "pkcs11:token=t;object=o");
        let long = format!("pkcs11:token={};object=o", "x".repeat(33));
        for wrong in [
            "",
            "pkcs11:",
            "token=t;object=o",
            "pkcs11:token=t",
            "pkcs11:token=;object=o",
            &long,
            "pkcs11:token=t;object=%zz",
            "pkcs11:token=t;object=%f",
            "pkcs11:token=t;object=o?pin-value=1",
            "pkcs11:token=t;object=o;pin-value=1",
            "pkcs11:token=a;token=b;object=o",
        ] {
            let read = wrong.parse::<TokenAddress>();
            assert!(read.is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_module_that_is_none_is_named() {
        let tokens = Tokens::new(Path::new("/no/such/module.so"), None);
        let address = "pkcs11:token=t;object=o".parse().unwrap();
        let error = tokens.look(&address).unwrap_err().to_string();
        assert!(error.contains("/no/such/module.so"), "{error}");
        assert_eq!(
            format!("{tokens:?}{:?}", Pin::new("1234\n")),
            "Tokens(\"/no/such/module.so\")Pin(hidden)"
        );
    }

    #[test]
    fn a_module_that_hangs_is_waited_for_once() {
        let tokens = Tokens::with_deadline(Path::new("/no/such"), None, Duration::from_millis(50));
        let (release, held) = mpsc::channel::<()>();
        let hangs = tokens.ask(move |_| {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(hangs, Err(TokenError::Silent));
        // Nobody else waits for it.
        let begun = Instant::now();
        for _ in 0..1000 {
            assert_eq!(tokens.ask(|_| Ok(())), Err(TokenError::Silent));
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
        drop(release);
        let comes_back = || (0..).find(|_| tokens.ask(|_| Ok(7)) == Ok(7));
        assert!(comes_back().is_some());
    }
}
