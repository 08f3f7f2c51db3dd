//! What a certificate in a trust list is trusted for.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// What a phone trusts a certificate for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 0: signs trust lists.
    Sast,
    /// 1: the call manager.
    Ccm,
    /// 2: the call manager, and signs files.
    CcmTftp,
    /// 3: signs files, or is the HTTPS provisioning server.
    Tftp,
    /// 4: enrols certificates.
    Capf,
    /// 7: XML services.
    AppServer,
    /// 21: vouches for other certificates.
    Tvs,
    /// A role we have no name for; never one of the numbers above.
    Other(u16),
}

/// There is no role of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a role; use SAST, CCM, CCM+TFTP, TFTP, CAPF, APP-SERVER, TVS or a number")]
pub struct UnknownRole;

impl Role {
    const NAMED: [(Self, u16, &'static str); 7] = [
        (Self::Sast, 0, "SAST"),
        (Self::Ccm, 1, "CCM"),
        (Self::CcmTftp, 2, "CCM+TFTP"),
        (Self::Tftp, 3, "TFTP"),
        (Self::Capf, 4, "CAPF"),
        (Self::AppServer, 7, "APP-SERVER"),
        (Self::Tvs, 21, "TVS"),
    ];

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Other(code) => code,
            named => Self::NAMED.iter().find(|(role, ..)| *role == named).map_or(0, |(_, code, _)| *code),
        }
    }

    /// The role with this number; one without a name is kept as its number.
    #[must_use]
    pub fn from_code(code: u16) -> Self {
        let named = Self::NAMED.iter().find(|(_, known, _)| *known == code);
        named.map_or(Self::Other(code), |(role, ..)| *role)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMED.iter().find(|(role, ..)| role == self) {
            Some((_, _, name)) => f.pad(name),
            None => self.code().fmt(f),
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Self::NAMED.iter().find(|(_, _, name)| name.eq_ignore_ascii_case(text)) {
            Some((role, ..)) => Ok(*role),
            None => text.parse().map(Self::from_code).map_err(|_| UnknownRole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_go_by_number_and_by_name() {
        for (role, code, name) in [
            (Role::Sast, 0, "SAST"),
            (Role::Ccm, 1, "CCM"),
            (Role::CcmTftp, 2, "CCM+TFTP"),
            (Role::Tftp, 3, "TFTP"),
            (Role::Capf, 4, "CAPF"),
            (Role::AppServer, 7, "APP-SERVER"),
            (Role::Tvs, 21, "TVS"),
            (Role::Other(9), 9, "9"),
        ] {
            assert_eq!((role.code(), role.to_string().as_str()), (code, name));
            assert_eq!(Role::from_code(code), role);
            assert_eq!(name.to_lowercase().parse(), Ok(role));
        }
        assert_eq!("21".parse(), Ok(Role::Tvs));
        assert_eq!("SIP".parse::<Role>(), Err(UnknownRole));
        assert_eq!("65536".parse::<Role>(), Err(UnknownRole));
    }
}
