//! All listeners together: bound before any serves, so that a start either succeeds whole or changes nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use nix::unistd::User;

use super::bind::BindError;
use super::{
    App, Name, admin, capf, local, provisioning, secure_provisioning, secure_services, services, tftp, tvs,
};
use crate::config::Resolved;
use crate::lifecycle::Lifecycle;

type Bound = Vec<(Name, Vec<SocketAddr>)>;

/// Where the listeners of this process really are, once they serve; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Addresses(Arc<OnceLock<Bound>>);

impl Addresses {
    /// All of them, by name; nothing as long as none serves.
    #[must_use]
    pub fn by_name(&self) -> Option<BTreeMap<String, Vec<SocketAddr>>> {
        let all = self.0.get()?.iter();
        Some(all.map(|(name, addresses)| (name.as_str().to_owned(), addresses.clone())).collect())
    }
}

/// Bound listeners, none of which serves yet.
#[derive(Debug)]
pub struct Listeners {
    tftp: Option<tftp::Bound>,
    provisioning: Option<provisioning::Bound>,
    secure_provisioning: Option<secure_provisioning::Bound>,
    services: Option<services::Bound>,
    secure_services: Option<secure_services::Bound>,
    tvs: Option<tvs::Bound>,
    capf: Option<capf::Bound>,
    admin: Option<admin::Bound>,
    local: Option<local::Bound>,
}

impl Listeners {
    /// Binds every listener that is not turned off.
    ///
    /// # Errors
    /// Names the first address that cannot be had, and what to do.
    pub fn bind(config: &Resolved) -> Result<Self, BindError> {
        Ok(Self {
            tftp: tftp::bind(config)?,
            provisioning: provisioning::bind(config)?,
            secure_provisioning: secure_provisioning::bind(config)?,
            services: services::bind(config)?,
            secure_services: secure_services::bind(config)?,
            tvs: tvs::bind(config)?,
            capf: capf::bind(config)?,
            admin: admin::bind(config)?,
            local: None,
        })
    }

    /// Binds the socket for commands on this machine, and gives it to `user`. Phones are served without it, too.
    pub fn bind_local(&mut self, config: &Resolved, user: Option<&User>) {
        let bound = local::bind(&config.data_dir).and_then(|bound| match user {
            Some(user) => bound.hand_over(user).map(|()| bound),
            None => Ok(bound),
        });
        let path = local::path(&config.data_dir);
        match bound {
            Ok(bound) => self.local = Some(bound),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "no socket for commands: they will work on the database by themselves");
            }
        }
    }

    /// The addresses really bound, in the order people read them.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Name, Vec<SocketAddr>)> {
        let all = [
            (Name::Tftp, self.tftp.as_ref().map(tftp::Bound::local_addrs)),
            (Name::Provisioning, self.provisioning.as_ref().map(provisioning::Bound::local_addrs)),
            (
                Name::SecureProvisioning,
                self.secure_provisioning.as_ref().map(secure_provisioning::Bound::local_addrs),
            ),
            (Name::Services, self.services.as_ref().map(services::Bound::local_addrs)),
            (Name::SecureServices, self.secure_services.as_ref().map(secure_services::Bound::local_addrs)),
            (Name::Tvs, self.tvs.as_ref().map(tvs::Bound::local_addrs)),
            (Name::Capf, self.capf.as_ref().map(capf::Bound::local_addrs)),
            (Name::Admin, self.admin.as_ref().map(admin::Bound::local_addrs)),
        ];
        all.into_iter().filter_map(|(name, addresses)| Some((name, addresses?))).collect()
    }

    /// Lets all of them serve.
    pub fn spawn(self, lifecycle: &mut Lifecycle, app: &App) {
        // Nobody binds twice in a process that serves.
        let _ = app.bound.0.set(self.addresses());
        if let Some(bound) = self.tftp {
            lifecycle.spawn(Name::Tftp, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.provisioning {
            lifecycle.spawn(Name::Provisioning, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.secure_provisioning {
            lifecycle.spawn(Name::SecureProvisioning, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.services {
            lifecycle.spawn(Name::Services, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.secure_services {
            lifecycle.spawn(Name::SecureServices, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.tvs {
            lifecycle.spawn(Name::Tvs, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.capf {
            lifecycle.spawn(Name::Capf, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.admin {
            lifecycle.spawn(Name::Admin, |stop| bound.serve(app.clone(), stop));
        }
        if let Some(bound) = self.local {
            lifecycle.spawn(Name::Admin, |stop| bound.serve(app.clone(), stop));
        }
    }
}
