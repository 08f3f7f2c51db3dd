//! Private keys: the kinds phones can work with, made here or brought along.

use std::{fmt, str::FromStr};

use openssl::{
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public},
    rsa::Rsa,
};

use wire::signature::Digest;

use crate::{
    certificate::Certificate,
    digest,
    protected::{self, Passphrase},
    reason,
    token::{AddressError, TokenAddress, TokenError, Tokens},
};

/// The smallest RSA key taken: the oldest signers people still hold.
pub(crate) const MIN_RSA_BITS: u32 = 1024;
/// The largest RSA key taken: the largest whose signature a signed file can express.
pub(crate) const MAX_RSA_BITS: u32 = 4096;

/// A curve that phones know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
}

/// What sort of key, and how big.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa(u32),
    /// EC on this curve.
    Ec(Curve),
}

/// Why a key is not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key at all, or not in a form we read.
    #[error("this is not a private key in PEM or DER form ({0})")]
    NotAKey(String),
    /// Encrypted PEM.
    #[error(
        "the key is protected by a passphrase, and nobody said which: set keys.passphrase_file, or write the key without \
         one, `openssl pkey -in PROTECTED -out PLAIN`"
    )]
    Passphrase,
    /// Encrypted PEM, and another passphrase.
    #[error("the passphrase does not open this key: it is protected by another one")]
    WrongPassphrase,
    /// A file that should name a place on a token.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The token.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// A key that never leaves its token.
    #[error("the key is on a token, which signs trust lists and files, and nothing else")]
    OnToken,
    /// A kind or size phones cannot work with.
    #[error(
        "{0} keys are of no use to phones: take RSA of 1024 to 4096 bits, or EC on P-256, P-384 or P-521"
    )]
    Unsupported(String),
    /// A word that names no kind of key.
    #[error("\"{0}\" is not a kind of key: say rsa1024, rsa2048, rsa3072, rsa4096, p256, p384 or p521")]
    UnknownKind(String),
    /// OpenSSL could not make one.
    #[error("a new key could not be made ({0})")]
    Generate(String),
    /// OpenSSL could not write it out.
    #[error("the key could not be encoded ({0})")]
    Encode(String),
}

/// A private key. Cloning shares it; printing shows its kind and nothing else.
#[derive(Clone)]
pub struct PrivateKey {
    key: Held,
    kind: KeyKind,
    place: KeyPlace,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In memory, or in a file in the clear.
    Plain,
    /// In a file behind a passphrase.
    Protected,
    /// On a token.
    Token,
}

#[derive(Clone)]
enum Held {
    Here(PKey<Private>),
    Token { tokens: Option<Tokens>, address: TokenAddress, public: PKey<Public> },
}

impl PrivateKey {
    /// Makes a new key.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let made = match kind {
            KeyKind::Rsa(bits) if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => {
                Rsa::generate(bits).and_then(PKey::from_rsa)
            }
            KeyKind::Rsa(_) => return Err(KeyError::Unsupported(kind.to_string())),
            KeyKind::Ec(curve) => EcGroup::from_curve_name(curve.nid())
                .and_then(|group| EcKey::generate(&group))
                .and_then(PKey::from_ec_key),
        };
        let key = made.map_err(|errors| KeyError::Generate(reason(&errors)))?;
        Ok(Self { key: Held::Here(key), kind, place: KeyPlace::Plain })
    }

    /// Reads the first key of a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_protected_pem(pem, None)
    }

    fn from_protected_pem(pem: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        if let Some(opened) = passphrase.and_then(|passphrase| protected::open(pem, passphrase)) {
            // What another passphrase makes of it is noise, and rarely looks like anything.
            let key = Self::from_der(&opened?).map_err(|_| KeyError::WrongPassphrase)?;
            return Ok(Self { place: KeyPlace::Protected, ..key });
        }
        let mut asked = false;
        // Without a callback OpenSSL would ask on the terminal.
        let key = PKey::private_key_from_pem_callback(pem, |buffer| {
            asked = true;
            let bytes = passphrase.map_or(&[][..], Passphrase::bytes);
            Ok(buffer.get_mut(..bytes.len()).map_or(0, |room| {
                room.copy_from_slice(bytes);
                bytes.len()
            }))
        });
        match key {
            _ if asked && passphrase.is_none() => Err(KeyError::Passphrase),
            Ok(key) => {
                let place = if asked { KeyPlace::Protected } else { KeyPlace::Plain };
                Self::check(key).map(|key| Self { place, ..key })
            }
            Err(_) if asked => Err(KeyError::WrongPassphrase),
            Err(errors) => Err(KeyError::NotAKey(reason(&errors))),
        }
    }

    /// Reads PEM or DER, whichever it is; protected PEM with its passphrase.
    pub fn open(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        // DER begins with a SEQUENCE.
        if bytes.first() == Some(&0x30) {
            Self::from_der(bytes)
        } else {
            Self::from_protected_pem(bytes, passphrase)
        }
    }

    /// The key of that certificate, which is on a token.
    pub(crate) fn on_token(
        tokens: Option<Tokens>,
        address: TokenAddress,
        certificate: &Certificate,
    ) -> Result<Self, KeyError> {
        let kind = certificate.key_kind();
        let public = certificate.openssl_key().public_key_to_der();
        let public = public.and_then(|der| PKey::public_key_from_der(&der));
        let public = public.map_err(|errors| KeyError::Encode(reason(&errors)))?;
        Ok(Self { key: Held::Token { tokens, address, public }, kind, place: KeyPlace::Token })
    }

    /// Reads PKCS#8 or the traditional forms (PKCS#1, SEC 1).
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        match PKey::private_key_from_der(der) {
            Ok(key) => Self::check(key),
            Err(errors) => Err(KeyError::NotAKey(reason(&errors))),
        }
    }

    /// Reads PEM or DER, whichever it is.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::open(bytes, None)
    }

    fn check(key: PKey<Private>) -> Result<Self, KeyError> {
        let kind = KeyKind::of(&key).map_err(KeyError::Unsupported)?;
        match kind {
            KeyKind::Rsa(bits) if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => {
                Err(KeyError::Unsupported(kind.to_string()))
            }
            _ => Ok(Self { key: Held::Here(key), kind, place: KeyPlace::Plain }),
        }
    }

    /// The key as PKCS#8 PEM: not protected, so mind where it goes.
    pub fn to_pem(&self) -> Result<Vec<u8>, KeyError> {
        self.openssl()?.private_key_to_pem_pkcs8().map_err(|errors| KeyError::Encode(reason(&errors)))
    }

    /// The key as PKCS#8 DER: not protected, so mind where it goes.
    pub fn to_der(&self) -> Result<Vec<u8>, KeyError> {
        self.openssl()?.private_key_to_pkcs8().map_err(|errors| KeyError::Encode(reason(&errors)))
    }

    /// The key as PKCS#8 PEM behind a passphrase.
    pub fn to_protected_pem(&self, passphrase: &Passphrase) -> Result<Vec<u8>, KeyError> {
        protected::seal(&self.to_der()?, passphrase)
    }

    /// Where it is kept.
    #[must_use]
    pub fn place(&self) -> KeyPlace {
        self.place
    }

    /// Its place on a token, if it is there.
    #[must_use]
    pub fn address(&self) -> Option<&TokenAddress> {
        match &self.key {
            Held::Here(_) => None,
            Held::Token { address, .. } => Some(address),
        }
    }

    /// Puts it onto a token, where it stays; gives the one there.
    pub fn put_onto(
        &self,
        tokens: &Tokens,
        address: &TokenAddress,
        certificate: &Certificate,
    ) -> Result<Self, KeyError> {
        let rsa = self.rsa().map_err(|_| KeyError::Token(TokenError::NotRsa))?;
        tokens.put(address, &rsa)?;
        let there = Self::on_token(Some(tokens.clone()), address.clone(), certificate)?;
        there.try_out().map_err(KeyError::Token)?;
        Ok(there)
    }

    /// Signs something that nobody needs, to see whether it can.
    pub(crate) fn try_out(&self) -> Result<(), TokenError> {
        let hash = digest::of(Digest::Sha256, &[b"offhook"]);
        match &self.key {
            Held::Here(_) => Ok(()),
            Held::Token { .. } => self.sign_on_token(Digest::Sha256, &hash).map(drop),
        }
    }

    /// Signs a digest on the token, and looks whether it was the right key that did.
    pub(crate) fn sign_on_token(&self, digest: Digest, hash: &[u8]) -> Result<Vec<u8>, TokenError> {
        let Held::Token { tokens, address, public } = &self.key else { return Err(TokenError::NoModule) };
        let tokens = tokens.as_ref().ok_or(TokenError::NoModule)?;
        let signature = tokens.sign(address, digest, hash)?;
        let verified = || -> Result<bool, ErrorStack> {
            let mut context = openssl::pkey_ctx::PkeyCtx::new(public)?;
            context.verify_init()?;
            context.set_rsa_padding(openssl::rsa::Padding::PKCS1)?;
            context.set_signature_md(digest::openssl_md(digest))?;
            context.verify(hash, &signature)
        };
        if verified().unwrap_or(false) { Ok(signature) } else { Err(TokenError::OtherKey(address.clone())) }
    }

    /// How many bytes its signatures have.
    pub(crate) fn size(&self) -> usize {
        match &self.key {
            Held::Here(key) => key.size(),
            Held::Token { public, .. } => public.size(),
        }
    }

    /// The public half, in DER.
    pub(crate) fn public_der(&self) -> Result<Vec<u8>, ErrorStack> {
        match &self.key {
            Held::Here(key) => key.public_key_to_der(),
            Held::Token { public, .. } => public.public_key_to_der(),
        }
    }

    /// What sort of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether it is the private half of the certificate's key.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        match &self.key {
            Held::Here(key) => key.public_eq(certificate.openssl_key()),
            Held::Token { public, .. } => public.public_eq(certificate.openssl_key()),
        }
    }

    /// The key itself, which no token gives away.
    pub(crate) fn openssl(&self) -> Result<&PKeyRef<Private>, KeyError> {
        match &self.key {
            Held::Here(key) => Ok(key),
            Held::Token { .. } => Err(KeyError::OnToken),
        }
    }

    pub(crate) fn rsa(&self) -> Result<Rsa<Private>, ErrorStack> {
        match &self.key {
            Held::Here(key) => key.rsa(),
            // A stack without an error: the caller says what it was about.
            Held::Token { .. } => Err(ErrorStack::get()),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, hidden)", self.kind)
    }
}

impl KeyKind {
    /// The kind of a key of OpenSSL's, or what to call it when phones cannot work with it.
    pub(crate) fn of<T: HasPublic>(key: &PKeyRef<T>) -> Result<Self, String> {
        match key.id() {
            Id::RSA => Ok(Self::Rsa(key.bits())),
            Id::EC => {
                let nid = key.ec_key().ok().and_then(|key| key.group().curve_name());
                match nid {
                    Some(Nid::X9_62_PRIME256V1) => Ok(Self::Ec(Curve::P256)),
                    Some(Nid::SECP384R1) => Ok(Self::Ec(Curve::P384)),
                    Some(Nid::SECP521R1) => Ok(Self::Ec(Curve::P521)),
                    Some(other) => Err(other.short_name().unwrap_or("unknown curve").to_owned()),
                    None => Err("EC keys with explicit parameters, or unknown".to_owned()),
                }
            }
            other => Err(Nid::from_raw(other.as_raw()).long_name().unwrap_or("unknown").to_owned()),
        }
    }

    /// Whether it is RSA: only RSA signs files.
    #[must_use]
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa(_))
    }
}

impl Curve {
    fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa{bits}"),
            Self::Ec(Curve::P256) => f.write_str("p256"),
            Self::Ec(Curve::P384) => f.write_str("p384"),
            Self::Ec(Curve::P521) => f.write_str("p521"),
        }
    }
}

impl FromStr for KeyKind {
    type Err = KeyError;

    fn from_str(word: &str) -> Result<Self, KeyError> {
        let plain = word.to_ascii_lowercase().replace(['-', ':', '_'], "");
        match plain.as_str() {
            "rsa" => Ok(Self::Rsa(2048)),
            "ec" | "p256" | "secp256r1" | "prime256v1" => Ok(Self::Ec(Curve::P256)),
            "p384" | "secp384r1" => Ok(Self::Ec(Curve::P384)),
            "p521" | "secp521r1" => Ok(Self::Ec(Curve::P521)),
            other => match other.strip_prefix("rsa").and_then(|bits| bits.parse().ok()) {
                Some(bits @ MIN_RSA_BITS..=MAX_RSA_BITS) if bits % 256 == 0 => Ok(Self::Rsa(bits)),
                _ => Err(KeyError::UnknownKind(word.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn kinds_read_as_they_print() {
        for word in ["rsa1024", "rsa2048", "rsa4096", "p256", "p384", "p521"] {
            assert_eq!(word.parse::<KeyKind>().unwrap().to_string(), word);
        }
        assert_eq!("RSA-2048".parse::<KeyKind>().unwrap(), KeyKind::Rsa(2048));
        assert_eq!("prime256v1".parse::<KeyKind>().unwrap(), KeyKind::Ec(Curve::P256));
        for word in ["", "rsa", "dsa", "rsa512", "rsa8192", "rsa2047", "p224", "ed25519"] {
            assert_eq!(word.parse::<KeyKind>().is_ok(), word == "rsa", "{word}");
        }
    }

    #[test]
    fn keys_survive_pem_and_der() {
        for kind in [KeyKind::Rsa(1024), KeyKind::Ec(Curve::P256), KeyKind::Ec(Curve::P521)] {
            let key = PrivateKey::generate(kind).unwrap();
            assert_eq!(key.kind(), kind);
            assert_eq!(PrivateKey::from_pem(&key.to_pem().unwrap()).unwrap().kind(), kind);
            assert_eq!(PrivateKey::from_der(&key.to_der().unwrap()).unwrap().kind(), kind);
        }
    }

    #[test]
    fn traditional_forms_are_read() {
        let rsa = Rsa::generate(1024).unwrap();
        assert!(PrivateKey::from_pem(&rsa.private_key_to_pem().unwrap()).is_ok());
        assert!(PrivateKey::from_der(&rsa.private_key_to_der().unwrap()).is_ok());
        let ec = EcKey::generate(&EcGroup::from_curve_name(Nid::SECP384R1).unwrap()).unwrap();
        assert!(PrivateKey::from_pem(&ec.private_key_to_pem().unwrap()).is_ok());
        assert!(PrivateKey::from_der(&ec.private_key_to_der().unwrap()).is_ok());
    }

    #[test]
    fn keys_phones_cannot_use_are_refused_by_name() {
        assert!(matches!(PrivateKey::generate(KeyKind::Rsa(512)), Err(KeyError::Unsupported(_))));
        let tiny = Rsa::generate(512).unwrap().private_key_to_pem().unwrap();
        assert!(PrivateKey::from_pem(&tiny).unwrap_err().to_string().starts_with("rsa512 keys"));
        let odd = EcKey::generate(&EcGroup::from_curve_name(Nid::SECP256K1).unwrap()).unwrap();
        let refused = PrivateKey::from_pem(&odd.private_key_to_pem().unwrap()).unwrap_err();
        assert!(refused.to_string().starts_with("secp256k1 keys"), "{refused}");
        let edwards = PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap();
        assert!(PrivateKey::from_pem(&edwards).unwrap_err().to_string().starts_with("ED25519 keys"));
    }

    #[test]
    fn protected_and_broken_keys_are_told_apart() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let cipher = openssl::symm::Cipher::aes_128_cbc();
        let protected = key.openssl().unwrap().private_key_to_pem_pkcs8_passphrase(cipher, b"word").unwrap();
        assert!(matches!(PrivateKey::from_pem(&protected), Err(KeyError::Passphrase)));
        assert!(matches!(PrivateKey::from_pem(b"hello"), Err(KeyError::NotAKey(_))));
        assert!(matches!(PrivateKey::from_der(b""), Err(KeyError::NotAKey(_))));
    }

    #[test]
    fn printing_shows_no_secret() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(p256, hidden)");
    }
}
