//! Where handlers publish: nobody else on this machine does at the same time, and whoever is overtaken by another machine does
//! it again.

use super::super::office;
use super::super::problem::{Kind, Problem};
use crate::admin::access::Principal;
use crate::admin::seat::Seat;
use crate::listener::App;
use crate::trust::{PublishError, StepError};

/// To look what would be, without changing anything.
pub(super) fn looking(app: &App) -> Result<Seat, Problem> {
    Ok(Seat::looking(app, office::store(app)?.clone()))
}

/// To do something in somebody's name.
pub(super) async fn take(app: &App, who: &Principal, accept_loss: u32) -> Result<Seat, Problem> {
    let store = office::store(app)?.by(&who.name);
    Seat::take(app, store, &who.name, accept_loss.into()).await.map_err(refused)
}

/// Does something about trust in somebody's name, and again when somebody else was faster.
macro_rules! ordered {
    ($app:expr, $who:expr, $accept_loss:expr, |$desk:ident, $order:ident| $work:expr) => {{
        let seat = $crate::admin::api::trust::desk::take($app, $who, $accept_loss).await?;
        let mut left = $crate::admin::api::office::TIMES;
        loop {
            let ($desk, $order) = (seat.desk(), seat.order());
            match $work.await {
                Err(error) if error.is_overtaken() && left > 0 => left -= 1,
                done => break done.map_err($crate::admin::api::trust::desk::refused)?,
            }
        }
    }};
}
pub(super) use ordered;

/// A step that was refused, as a problem.
pub(super) fn refused(error: StepError) -> Problem {
    match error {
        StepError::Publish(PublishError::Store(error)) => error.into(),
        StepError::Publish(PublishError::Trust(error)) => refused_trust(error),
        StepError::Publish(PublishError::Loss { lost, named }) => Problem::new(
            Kind::Conflict,
            format!(
                "{lost} phones would be lost by this list, or might be: {named}. /trust/plan says why and what helps; \
                 with accept_loss {lost} it is published all the same"
            ),
        ),
        StepError::NoList(_) | StepError::NoCertificate(_) => Problem::not_found(error.to_string()),
        other => Problem::new(Kind::Conflict, other.to_string()),
    }
}

/// A list that cannot be made is the administrator's business, not the server's failure.
fn refused_trust(error: crate::trust::Error) -> Problem {
    Problem::new(Kind::Conflict, error.to_string())
}
