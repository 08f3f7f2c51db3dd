//! The way to a server's CAPF: TLS to whoever the trust list names in that role.

use pki::{
    Certificate,
    tls::{Stream, TlsError},
};
use tokio::{net::TcpStream, time::timeout};

use super::{Caller, Network};
use crate::ask::Trouble;

impl Network {
    /// Connects to port `port`. `caller.trusted` holds the certificates in role CAPF; `None` accepts any.
    pub async fn connect_capf(&self, port: u16, caller: Caller<'_>) -> Result<Stream<TcpStream>, Trouble> {
        let client = self.tls_client(caller.model.tls)?;
        let stream = self.connect(port, caller.from).await?;
        // Answers are waited for; nothing is gained by holding bytes back.
        stream.set_nodelay(true).map_err(|error| Trouble::Here(error.to_string()))?;
        let trusted = caller.trusted.map(<[Certificate]>::to_vec);
        let is_trusted =
            move |shown: &Certificate| trusted.as_ref().is_none_or(|trusted| trusted.contains(shown));
        match timeout(self.patience.connect, client.connect(stream, &self.server.name, is_trusted)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(TlsError::Untrusted)) => {
                Err(Trouble::Tls("the server's certificate is not in the trust list in role CAPF".to_owned()))
            }
            Ok(Err(error)) => Err(Trouble::Tls(error.to_string())),
            Err(_) => Err(Trouble::Silent(self.patience.connect)),
        }
    }
}
