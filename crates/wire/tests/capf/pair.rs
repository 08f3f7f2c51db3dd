//! Both ends talking to each other in virtual time, over a wire that cuts and stalls.

use std::time::{Duration, Instant};

use wire::capf::{
    Action, Answer, Curve, Done, Enrolment, Event, Failure, Happening, KeySpec, Limits, Order, Proof, Reason,
    Session, Step, Task, Trouble,
};

const PATIENCE: Duration = Duration::from_secs(60);
const DELAY: Duration = Duration::from_millis(20);

/// What goes wrong on the way.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// Bytes that arrive at a time.
    step: usize,
    /// The phone stops answering at this task.
    phone_stalls_at: Option<usize>,
    /// What the server says from this message on is lost.
    server_lost_from: Option<usize>,
    /// The phone says this often that it is at work, and takes a minute each.
    minutes_for_a_key: u32,
}

struct Ends {
    server: Result<Done, Failure>,
    phone: Result<Reason, Trouble>,
    tasks: Vec<Task>,
    took: Duration,
}

fn talk(order: Order, way: Way) -> Ends {
    let begin = Instant::now();
    let mut now = begin;
    let mut server = Session::new(77, Limits::default(), now);
    let mut phone = Enrolment::new("SEP001122334455", PATIENCE, now);
    let (mut tasks, mut sent) = (Vec::new(), 0);
    let (mut server_end, mut phone_end) = (None, None);
    let mut minutes = way.minutes_for_a_key;
    while server_end.is_none() || phone_end.is_none() {
        let mut waits = Vec::new();
        match server.poll() {
            Action::Send(bytes) => {
                sent += 1;
                now += DELAY;
                if way.server_lost_from.is_none_or(|from| sent < from) {
                    bytes.chunks(way.step).for_each(|piece| phone.handle(piece, now));
                }
            }
            Action::Event(event) => match event {
                Event::Authenticate(_) => server.decide(order, now),
                Event::Issue(key) => server.issued(Some(&[b"certified ", key.as_slice()].concat()), now),
                Event::Stored | Event::Fetched(_) | Event::Deleted => server.recorded(true),
            },
            Action::Wait(deadline) => waits.push(deadline),
            Action::Done(end) => {
                server_end = Some(end);
                phone.handle_closed();
            }
        }
        match phone.poll() {
            Happening::Send(bytes) => {
                now += DELAY;
                bytes.chunks(way.step).for_each(|piece| server.handle(piece, now));
                continue;
            }
            Happening::Task(task) => {
                let answer = match &task {
                    Task::Authenticate { .. } => Answer::Proof(Proof::default()),
                    Task::Generate(spec) => Answer::Key(spec.to_string().into_bytes()),
                    Task::Fetch => Answer::Certificate(b"mine".to_vec()),
                    Task::Store(_) | Task::Delete => Answer::Done,
                };
                let stalls = way.phone_stalls_at == Some(tasks.len());
                while matches!(task, Task::Generate(_)) && minutes > 0 {
                    minutes -= 1;
                    now += Duration::from_secs(60);
                    phone.answer(&Answer::InProgress, now);
                }
                tasks.push(task);
                if !stalls {
                    phone.answer(&answer, now);
                }
                continue;
            }
            Happening::Wait(deadline) => waits.push(deadline),
            Happening::Ended(reason) => {
                phone_end = Some(Ok(reason));
                server.handle_closed();
            }
            Happening::Trouble(trouble) => {
                phone_end = Some(Err(trouble));
                server.handle_closed();
            }
        }
        // Nobody has anything to say: time passes.
        if waits.len() == 2 {
            // A phone at work has no deadline to keep.
            now = waits
                .into_iter()
                .filter(|deadline| *deadline > now)
                .min()
                .expect("somebody gives up at last");
            server.handle_timeout(now);
            phone.handle_timeout(now);
        }
    }
    Ends { server: server_end.unwrap(), phone: phone_end.unwrap(), tasks, took: now - begin }
}

fn way(step: usize) -> Way {
    Way { step, ..Way::default() }
}

#[test]
fn every_operation_comes_to_its_end() {
    for step in [1, 3, 8, usize::MAX] {
        for (order, server, phone, tasks) in [
            (Order::Install(KeySpec::Rsa(2048)), Ok(Done::Installed), Reason::Success, 3),
            (Order::Install(KeySpec::Ec(Curve::Secp521r1)), Ok(Done::Installed), Reason::Success, 3),
            (Order::Fetch, Ok(Done::Fetched), Reason::NoAction, 2),
            (Order::Delete, Ok(Done::Deleted), Reason::Success, 2),
            (Order::Nothing, Ok(Done::Nothing), Reason::NoAction, 1),
            (Order::Unknown, Err(Failure::Unknown), Reason::UnknownDevice, 1),
            (Order::Refuse, Err(Failure::Refused), Reason::InvalidElement, 1),
        ] {
            let ends = talk(order, way(step));
            assert_eq!((ends.server, ends.phone), (server, Ok(phone)), "{order:?}");
            assert_eq!(ends.tasks.len(), tasks);
            assert_eq!(ends.tasks[0], Task::Authenticate { session: 77 });
            assert!(ends.took < Duration::from_secs(1));
        }
    }
}

#[test]
fn the_phone_stores_what_was_issued_for_its_key() {
    let ends = talk(Order::Install(KeySpec::Ec(Curve::Secp384r1)), way(5));
    assert_eq!(ends.tasks[1], Task::Generate(KeySpec::Ec(Curve::Secp384r1)));
    assert_eq!(ends.tasks[2], Task::Store(b"certified secp384r1".to_vec()));
}

#[test]
fn an_old_phone_has_its_half_hour() {
    let order = Order::Install(KeySpec::Rsa(2048));
    let slow = talk(order, Way { minutes_for_a_key: 25, ..way(8) });
    assert_eq!((slow.server, slow.phone), (Ok(Done::Installed), Ok(Reason::Success)));
}

#[test]
fn a_phone_that_stalls_is_given_up_at_each_step() {
    let order = Order::Install(KeySpec::Rsa(2048));
    for (at, step) in [(0, Step::Authentication), (1, Step::Key), (2, Step::Store)] {
        let ends = talk(order, Way { phone_stalls_at: Some(at), ..way(8) });
        assert_eq!(ends.server, Err(Failure::Silent(step)));
        assert_eq!(ends.phone, Ok(Reason::InvalidElement), "the phone is told");
        assert!(ends.took < Duration::from_secs(31 * 60));
    }
    let ends = talk(Order::Fetch, Way { phone_stalls_at: Some(1), ..way(8) });
    assert_eq!(ends.server, Err(Failure::Silent(Step::Fetch)));
}

#[test]
fn a_server_that_stalls_is_given_up_at_each_step() {
    let order = Order::Install(KeySpec::Rsa(2048));
    for from in 1..=4 {
        let ends = talk(order, Way { server_lost_from: Some(from), ..way(8) });
        // Whoever is less patient gives up first; neither hangs.
        assert!(ends.phone.is_err(), "{from}: {:?}", ends.phone);
        assert_eq!(ends.server.is_ok(), from == 4, "{from}: {:?}", ends.server);
        assert!(ends.took < Duration::from_secs(61), "{from}");
    }
}
