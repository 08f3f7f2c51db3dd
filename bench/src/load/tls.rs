//! HTTPS load: a full handshake, one small file, and away; nothing is kept for the next handshake.

use std::{cell::RefCell, net::SocketAddr, rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use pki::tls::{Client, ClientPolicy, Described, Stream, described};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::LocalSet,
    time::timeout,
};

use super::{
    Clock, Tally,
    http::{Ask, Head},
};

/// Who asks, how many at once, how often in all, and how long at most.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) policy: ClientPolicy,
    pub(crate) at_once: usize,
    pub(crate) total: usize,
    pub(crate) deadline: Duration,
}

/// Runs the plan for the file `name`.
pub(crate) fn run(plan: &Plan, name: &str) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let caller = Rc::new(Caller {
        address: plan.address,
        client: Client::new(plan.policy.clone())?,
        ask: Ask::get(plan.address, name),
        left: RefCell::new(plan.total),
        clock: RefCell::new(Clock::start()),
    });
    let callers = LocalSet::new();
    for _ in 0..plan.at_once {
        let caller = Rc::clone(&caller);
        callers.spawn_local(async move { caller.run().await });
    }
    let finished = runtime.block_on(async { timeout(plan.deadline, callers).await });
    ensure!(finished.is_ok(), "the load was not done after {:?}", plan.deadline);
    let caller = Rc::into_inner(caller).context("a caller is still at work")?;
    Ok(caller.clock.into_inner().stop())
}

/// What version and cipher the two agree on.
pub(crate) fn look(plan: &Plan) -> Result<Described> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = TcpStream::connect(plan.address).await?;
        let stream = Client::new(plan.policy.clone())?.connect(stream, "localhost", |_| true).await?;
        Ok(described(&stream))
    })
}

struct Caller {
    address: SocketAddr,
    client: Client,
    ask: Ask,
    left: RefCell<usize>,
    clock: RefCell<Clock>,
}

impl Caller {
    async fn run(&self) {
        while self.take_one() {
            let asked = std::time::Instant::now();
            let answer = self.one().await;
            let mut clock = self.clock.borrow_mut();
            match answer {
                Ok(()) => clock.done(asked),
                Err(_) => clock.failed(),
            }
        }
    }

    fn take_one(&self) -> bool {
        let mut left = self.left.borrow_mut();
        let one = left.checked_sub(1);
        *left = one.unwrap_or_default();
        one.is_some()
    }

    async fn one(&self) -> Result<()> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = self.client.connect(stream, "localhost", |_| true).await?;
        stream.write_all(&self.ask.request).await?;
        read_answer(&mut stream).await?;
        stream.shutdown().await?;
        Ok(())
    }
}

async fn read_answer(stream: &mut Stream<TcpStream>) -> Result<()> {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        if let Some(head) = Head::parse(&bytes) {
            ensure!(head.is_ok, "the file was refused");
            if bytes.len() >= head.length + head.content_length {
                return Ok(());
            }
        }
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the server hung up");
    }
}
