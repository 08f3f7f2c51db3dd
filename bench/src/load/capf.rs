//! Load on certificate enrolment: each phone comes once, makes no key (all have the same), and takes its certificate.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use pki::tls::{Client, ClientPolicy, Stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::{Builder, Runtime},
    task::LocalSet,
    time::timeout,
};
use wire::capf::{Answer, Enrolment, Happening, Proof, Reason, Task};

use super::{Clock, Tally, tvs::own_address};

/// How long a phone waits for one message.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who enrols, where, with which key, how many at once, and how long at most.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) policy: ClientPolicy,
    pub(crate) phones: Vec<String>,
    /// DER SubjectPublicKeyInfo of the key that all phones have.
    pub(crate) key: Vec<u8>,
    pub(crate) at_once: usize,
    pub(crate) deadline: Duration,
}

/// Runs the plan. A phone without a certificate at the end has failed.
pub(crate) fn run(plan: &Plan) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let caller = Rc::new(Caller {
        client: Client::new(plan.policy.clone())?,
        next: Cell::new(0),
        clock: RefCell::new(Clock::start()),
        plan: plan.clone(),
    });
    let callers = LocalSet::new();
    for _ in 0..plan.at_once.min(plan.phones.len()) {
        let caller = Rc::clone(&caller);
        callers.spawn_local(async move { caller.run().await });
    }
    let finished = runtime.block_on(async { timeout(plan.deadline, callers).await });
    ensure!(finished.is_ok(), "the load was not done after {:?}", plan.deadline);
    let caller = Rc::into_inner(caller).context("a caller is still at work")?;
    Ok(caller.clock.into_inner().stop())
}

/// Sessions that were begun and stand still, for as long as this is kept.
pub(crate) struct Stalled {
    _streams: Vec<Stream<TcpStream>>,
    _runtime: Runtime,
}

/// Begins so many sessions: a handshake, the first question heard, and nothing said.
pub(crate) fn stall(plan: &Plan, sessions: usize) -> Result<Stalled> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(plan.policy.clone())?;
    let streams = runtime.block_on(async {
        let mut streams = Vec::with_capacity(sessions);
        for number in 0..sessions {
            let socket = TcpSocket::new_v4()?;
            socket.bind((own_address(number), 0).into())?;
            let stream = socket.connect(plan.address).await?;
            let mut stream = client.connect(stream, "localhost", |_| true).await?;
            let _ = timeout(PATIENCE, stream.read(&mut [0; 64])).await??;
            streams.push(stream);
        }
        anyhow::Ok(streams)
    })?;
    Ok(Stalled { _streams: streams, _runtime: runtime })
}

struct Caller {
    client: Client,
    next: Cell<usize>,
    clock: RefCell<Clock>,
    plan: Plan,
}

impl Caller {
    async fn run(&self) {
        loop {
            let number = self.next.get();
            self.next.set(number + 1);
            let Some(phone) = self.plan.phones.get(number) else { return };
            let began = Instant::now();
            let enrolled = self.enrol(number, phone).await;
            let mut clock = self.clock.borrow_mut();
            match enrolled {
                Ok(()) => clock.done(began),
                Err(_) => clock.failed(),
            }
        }
    }

    async fn enrol(&self, number: usize, phone: &str) -> Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((own_address(number), 0).into())?;
        let stream = socket.connect(self.plan.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = self.client.connect(stream, "localhost", |_| true).await?;
        let mut machine = Enrolment::new(phone, PATIENCE, Instant::now());
        let (mut buffer, mut stored) = ([0; 4096], false);
        loop {
            match machine.poll() {
                Happening::Send(bytes) => stream.write_all(&bytes).await?,
                Happening::Task(task) => {
                    let answer = match task {
                        Task::Authenticate { .. } => Answer::Proof(Proof::default()),
                        Task::Generate(_) => Answer::Key(self.plan.key.clone()),
                        Task::Store(_) => {
                            stored = true;
                            Answer::Done
                        }
                        other => bail!("nobody asked for {other:?}"),
                    };
                    machine.answer(&answer, Instant::now());
                }
                Happening::Wait(_) => match timeout(PATIENCE, stream.read(&mut buffer)).await?? {
                    0 => machine.handle_closed(),
                    len => machine.handle(&buffer[..len], Instant::now()),
                },
                Happening::Ended(reason) => {
                    ensure!(stored && reason == Reason::Success, "the server said {reason}");
                    // A server that has closed already is no failure.
                    let _ = stream.shutdown().await;
                    return Ok(());
                }
                Happening::Trouble(trouble) => return Err(trouble.into()),
            }
        }
    }
}
