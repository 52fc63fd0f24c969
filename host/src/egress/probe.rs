//! Whether an address that the operator allows can be reached, for the doctor.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::Egress;
use super::origin::{Host, Origin, Scheme};

impl Egress {
    /// Connects to an address that the policy lets a plugin dial, and closes the connection unused.
    ///
    /// # Errors
    /// A sentence: the policy refuses the address, or nothing answers there in time.
    pub async fn probe(&self, to: SocketAddr, patience: Duration) -> Result<(), String> {
        let origin = Origin { scheme: Scheme::Http, host: Host::Address(to.ip()), port: to.port() };
        let dialled =
            self.policy.check_answers(&origin, &[to.ip()]).map_err(|refusal| refusal.message.clone())?;
        match tokio::time::timeout(patience, TcpStream::connect(dialled.as_slice())).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("connecting to {to} failed: {error}")),
            Err(_) => Err(format!("nothing answered at {to} within {} s", patience.as_secs())),
        }
    }
}
