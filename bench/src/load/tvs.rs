//! Load on the Trust Verification Service: a full handshake, one question, and away, as phones do it; and the same
//! handshakes against a server that does nothing else.

use std::{
    cell::{Cell, RefCell},
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use pki::tls::{Client, ClientPolicy, Described, described};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    runtime::Builder,
    task::LocalSet,
    time::timeout,
};

use super::{Clock, Tally};

/// Who asks, what, how many at once, how often in all, and how long at most.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) policy: ClientPolicy,
    pub(crate) request: Vec<u8>,
    /// The whole answer that is expected.
    pub(crate) answer: Vec<u8>,
    pub(crate) at_once: usize,
    pub(crate) total: usize,
    pub(crate) deadline: Duration,
}

/// Runs the plan. Whoever is not answered as expected has failed.
pub(crate) fn run(plan: &Plan) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let caller = Rc::new(Caller {
        client: Client::new(plan.policy.clone())?,
        left: Cell::new(plan.total),
        clock: RefCell::new(Clock::start()),
        plan: plan.clone(),
    });
    let callers = LocalSet::new();
    for number in 0..plan.at_once.min(plan.total) {
        let caller = Rc::clone(&caller);
        callers.spawn_local(async move { caller.run(own_address(number)).await });
    }
    let finished = runtime.block_on(async { timeout(plan.deadline, callers).await });
    ensure!(finished.is_ok(), "the load was not done after {:?}", plan.deadline);
    let caller = Rc::into_inner(caller).context("a caller is still at work")?;
    Ok(caller.clock.into_inner().stop())
}

/// What version and cipher the two agree on, after one question was answered as expected.
pub(crate) fn look(plan: &Plan) -> Result<Described> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(plan.policy.clone())?;
    runtime.block_on(one(&client, plan, own_address(0)))
}

struct Caller {
    client: Client,
    left: Cell<usize>,
    clock: RefCell<Clock>,
    plan: Plan,
}

impl Caller {
    async fn run(&self, from: Ipv4Addr) {
        while let Some(left) = self.left.get().checked_sub(1) {
            self.left.set(left);
            let asked = Instant::now();
            let answer = one(&self.client, &self.plan, from).await;
            let mut clock = self.clock.borrow_mut();
            match answer {
                Ok(_) => clock.done(asked),
                Err(_) => clock.failed(),
            }
        }
    }
}

/// Every phone has an address of its own, as on a real network: what a server grants one address is not measured.
pub(crate) fn own_address(number: usize) -> Ipv4Addr {
    let byte = |number: usize| u8::try_from(number % 250 + 1).expect("250 and one fit a byte");
    Ipv4Addr::new(127, 1, byte(number / 250), byte(number))
}

async fn one(client: &Client, plan: &Plan, from: Ipv4Addr) -> Result<Described> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(plan.address).await?;
    stream.set_nodelay(true)?;
    let mut stream = client.connect(stream, "localhost", |_| true).await?;
    stream.write_all(&plan.request).await?;
    let mut answer = vec![0; plan.answer.len()];
    stream.read_exact(&mut answer).await?;
    ensure!(answer == plan.answer, "another answer came");
    let described = described(&stream);
    stream.shutdown().await?;
    Ok(described)
}
