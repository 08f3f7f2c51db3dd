//! HTTPS as phones speak it: the request of HTTP, inside TLS to a server whose certificate stands in the trust list.

use std::sync::{Arc, Mutex, PoisonError};

use pki::{
    Certificate,
    tls::{TlsError, described},
};
use tokio::time::timeout;

use super::{Caller, Fetched, Network, http};
use crate::ask::{Ask, Trouble};

impl Network {
    pub(super) async fn fetch_https(
        &self,
        ask: &Ask,
        caller: Caller<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Fetched, Trouble> {
        let client = self.tls_client(caller.model.tls)?;
        let stream = self.connect(self.server.https, caller.from).await?;
        let trusted = caller.trusted.map(<[Certificate]>::to_vec);
        let shown = Arc::new(Mutex::new(None));
        let is_trusted = {
            let shown = Arc::clone(&shown);
            move |certificate: &Certificate| {
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate.clone());
                trusted.as_ref().is_none_or(|list| list.contains(certificate))
            }
        };
        let handshake = client.connect(stream, &self.server.name, is_trusted);
        let stream = match timeout(self.patience.connect, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(TlsError::Untrusted)) => {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
                return Err(match shown {
                    Some(certificate) => Trouble::Untrusted(Box::new(certificate)),
                    None => Trouble::Tls("the server's certificate cannot be read".to_owned()),
                });
            }
            Ok(Err(error)) => return Err(Trouble::Tls(error.to_string())),
            Err(_) => return Err(Trouble::Silent(self.patience.connect)),
        };
        let remark = Some(described(&stream).to_string());
        let request = http::request(ask.bare_name(), self.server.address, self.server.https);
        let start = http::get(stream, &request, ask.purpose.limit(), self.patience.idle, buffer).await?;
        Ok(Fetched { start, remark })
    }
}
