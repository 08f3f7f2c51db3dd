//! Open-loop HTTP load: a request is due at its time, whether the ones before were answered or not. A wait is counted from
//! when its request was due, so that a server that stalls cannot make the load wait with it.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::LocalSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Clock, Tally,
    http::{Ask, Head},
};

/// Requests under way at most; whoever is due while all of them wait, waits too, and that is counted.
const AT_ONCE: usize = 256;
/// No answer of a server that works takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks `count` times, `per_second`, each of `asks` in turn.
pub(crate) fn run(address: SocketAddr, asks: &[Ask], per_second: u32, count: usize) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let set = LocalSet::new();
    let clock = Rc::new(RefCell::new(Clock::start()));
    let next = Rc::new(Cell::new(0_usize));
    let began = Instant::now() + Duration::from_millis(50);
    set.block_on(&runtime, async {
        let places: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (clock, next, asks) = (clock.clone(), next.clone(), asks.to_vec());
                tokio::task::spawn_local(async move {
                    let mut stream = None;
                    loop {
                        let number = next.replace(next.get() + 1);
                        if number >= count {
                            return;
                        }
                        let due = began + Duration::from_secs(number as u64) / per_second;
                        sleep_until(due).await;
                        let Some(ask) = asks.get(number % asks.len()) else { return };
                        let answered = timeout(PATIENCE, exchange(address, &mut stream, ask)).await;
                        let mut clock = clock.borrow_mut();
                        match answered {
                            Ok(Ok(())) => clock.done(due.into_std()),
                            _ => {
                                clock.failed();
                                stream = None;
                            }
                        }
                    }
                })
            })
            .collect();
        for place in places {
            place.await?;
        }
        anyhow::Ok(())
    })?;
    drop(set);
    let clock = Rc::into_inner(clock).context("every place has ended")?;
    Ok(clock.into_inner().stop())
}

async fn exchange(address: SocketAddr, kept: &mut Option<TcpStream>, ask: &Ask) -> Result<()> {
    if kept.is_none() {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        *kept = Some(stream);
    }
    let stream = kept.as_mut().context("it was opened above")?;
    stream.write_all(&ask.request).await?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 16384]);
    loop {
        let length = stream.read(&mut piece).await?;
        ensure!(length > 0, "the server hung up");
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
        let Some(head) = Head::parse(&bytes) else { continue };
        ensure!(head.is_ok, "the server refuses");
        if bytes.len() >= head.length + head.content_length {
            return Ok(());
        }
    }
}
