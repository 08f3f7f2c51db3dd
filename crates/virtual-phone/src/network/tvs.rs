//! The Trust Verification Service as phones ask it: one request on one connection.

use pki::{
    Certificate,
    tls::{TlsError, described, peer_certificate},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use wire::tvs::{DeviceName, Direction, Stream};

use super::{Caller, Network};
use crate::{
    ask::Trouble,
    tvs::{Question, Told},
};

/// Any number will do for the only request of a connection.
const SESSION: u32 = 1;
/// More than one read takes of any answer.
const PIECE: usize = 4096;

/// An answer, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What was said.
    pub told: Told,
    /// The certificate that the service showed.
    pub server: Option<Certificate>,
    /// The TLS version and cipher.
    pub remark: String,
}

impl Network {
    /// Asks the service, if it shows one of the certificates that the caller trusts.
    pub async fn ask_tvs(
        &self,
        question: &Question,
        device: DeviceName<'_>,
        caller: Caller<'_>,
    ) -> Result<Reply, Trouble> {
        let request = question.request(SESSION, device).map_err(|error| Trouble::Here(error.to_string()))?;
        let client = self.tls_client(caller.model.tls)?;
        let stream = self.connect(self.server.tvs, caller.from).await?;
        let trusted = caller.trusted.map(<[Certificate]>::to_vec);
        let is_trusted = move |shown: &Certificate| trusted.as_ref().is_none_or(|list| list.contains(shown));
        let handshake = client.connect(stream, &self.server.name, is_trusted);
        let mut stream = match timeout(self.patience.connect, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(TlsError::Untrusted)) => {
                return Err(Trouble::Tls("its certificate is not in the trust list in role TVS".to_owned()));
            }
            Ok(Err(error)) => return Err(Trouble::Tls(error.to_string())),
            Err(_) => return Err(Trouble::Silent(self.patience.connect)),
        };
        let (server, remark) = (peer_certificate(&stream), described(&stream).to_string());
        let asked = async {
            stream.write_all(&request).await.map_err(|error| broken(&error))?;
            let message = answer(&mut stream).await?;
            // It has been told all; whether it hears the farewell does not matter.
            let _ = stream.shutdown().await;
            Ok(message)
        };
        let message = match timeout(self.patience.idle, asked).await {
            Ok(message) => message?,
            Err(_) => return Err(Trouble::Silent(self.patience.idle)),
        };
        let told = question.answered(SESSION, &message);
        let told = told.map_err(|useless| Trouble::Broken(useless.to_string()))?;
        Ok(Reply { told, server, remark })
    }
}

/// The whole answer.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Trouble> {
    let mut messages = Stream::new(Direction::Response);
    let mut piece = [0; PIECE];
    loop {
        let len = messages.wanted().min(PIECE);
        let read = stream.read(&mut piece[..len]).await.map_err(|error| broken(&error))?;
        if read == 0 {
            return Err(Trouble::Broken("it hung up without an answer".to_owned()));
        }
        let taken = messages.take(&piece[..read]);
        let (_, message) =
            taken.map_err(|error| Trouble::Broken(format!("its answer cannot be read, {error}")))?;
        if let Some(message) = message {
            return Ok(message);
        }
    }
}

fn broken(error: &std::io::Error) -> Trouble {
    Trouble::Broken(format!("the connection broke: {error}"))
}
