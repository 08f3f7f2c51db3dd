//! What an administrator does about trust: each step is a form, and says in front what it means for phones.

use axum::extract::{Path, State};
use http::StatusCode;
use provision::mac::Mac;
use store::Published;

use super::Page;
use crate::admin::access::Administrator;
use crate::admin::page::answer::{Answer, Refused, sentence};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::seat::Seat;
use crate::listener::App;
use crate::trust::{PublishError, StepError};

/// What is to be done.
enum Step {
    Enable(Vec<Mac>),
    Disable(Vec<Mac>),
    Publish,
    Start(Option<String>),
    Finish,
    Abort,
    Release,
    Return,
    Restore(i64),
}

impl Step {
    fn read(word: &str, form: &Filled) -> Result<Self, Refused> {
        Ok(match word {
            "enable" => Self::Enable(phones(form)?),
            // Some or all is not a matter of a field that somebody forgot.
            "disable" if form.has("phones") => Self::Disable(some(phones(form)?)?),
            "disable" => Self::Disable(Vec::new()),
            "enable-some" => Self::Enable(some(phones(form)?)?),
            "publish" => Self::Publish,
            "start" => Self::Start(form.some("to").map(str::to_owned)),
            "finish" => Self::Finish,
            "abort" => Self::Abort,
            "release" => Self::Release,
            "return" => Self::Return,
            "restore" => Self::Restore(form.text("number").parse().map_err(|_| Refused::NothingThere)?),
            _ => return Err(Refused::NothingThere),
        })
    }

    /// Does it; gives what is to be told.
    async fn take(&self, seat: &Seat, note: &str) -> Result<String, StepError> {
        let (desk, order) = (seat.desk(), seat.order());
        let published = |list: Published, then: &str| format!("List {} is published; {then}", list.number);
        Ok(match self {
            Self::Enable(phones) => {
                desk.enable(phones, order).await?;
                "From now on they are given a trust list, when they start next".to_owned()
            }
            Self::Disable(phones) => {
                desk.disable(phones, order).await?;
                "They are given no trust list any more; those that hold one keep it".to_owned()
            }
            Self::Publish => match desk.publish_next(note, false, order).await? {
                None => "Nothing to do: the list that phones get holds just this".to_owned(),
                Some(list) => published(list, "phones get it when they start next"),
            },
            Self::Start(to) => {
                let (list, rollover) = desk.start_rollover(to.as_deref(), order).await?;
                published(list, &format!("restart all phones, so that they learn to know {}", rollover.new))
            }
            Self::Finish => {
                let (list, rollover) = desk.finish_rollover(order).await?;
                published(list, &format!("{} signs trust lists from now on", rollover.new))
            }
            Self::Abort => {
                let (list, rollover) = desk.abort_rollover(order).await?;
                published(list, &format!("{} is in no list any more", rollover.new))
            }
            Self::Release | Self::Return => {
                let back = matches!(self, Self::Return);
                match desk.release(back, order).await? {
                    None => "Nothing to do: that was done already".to_owned(),
                    Some(list) if back => published(list, "it holds phones to this call manager"),
                    Some(list) => published(list, "it lets phones that start follow another call manager"),
                }
            }
            Self::Restore(number) => {
                let note = Some(note).filter(|note| !note.is_empty());
                match desk.restore(*number, note, order).await? {
                    (list, true) => published(list, &format!("it is list {number} once more")),
                    (list, false) => {
                        let then =
                            "the certificate that signs files now is not in it: phones ask about every file";
                        published(list, then)
                    }
                }
            }
        })
    }

    /// Whether it publishes, which the desk itself does not write down.
    fn publishes(&self) -> bool {
        !matches!(self, Self::Enable(_) | Self::Disable(_))
    }
}

pub(super) async fn step(
    frame: Frame,
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(word): Path<String>,
    form: Filled,
) -> Answer {
    match taken(&frame, &who.name, &app, &word, &form).await {
        Ok(said) => frame.back_to("/trust", &said),
        Err(Refused::Wrong(problem)) => {
            let page = Page { wrong: Some(problem), ..Page::of(frame, &app).await? };
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

async fn taken(frame: &Frame, who: &str, app: &App, word: &str, form: &Filled) -> Result<String, Refused> {
    let step = Step::read(word, form)?;
    let lost = form.some("lost").map(str::parse::<u64>).transpose();
    let lost = lost.map_err(|_| Refused::Wrong("How many phones may be lost is a number.".to_owned()))?;
    let store = frame.store()?;
    let seat = Seat::take(app, store.clone(), who, lost.unwrap_or(0)).await.map_err(refused)?;
    let said = step.take(&seat, form.text("note")).await.map_err(refused)?;
    if step.publishes() {
        store.note("changed", "trust", &[(word, None, Some(&said))]).await?;
    }
    Ok(said)
}

/// The phones of a field, by their addresses with anything between them.
fn phones(form: &Filled) -> Result<Vec<Mac>, Refused> {
    let words = form.text("phones").split([' ', ',', ';', '\r', '\n']).filter(|word| !word.is_empty());
    let read =
        |word: &str| word.parse().map_err(|_| Refused::Wrong(format!("{word:?} is no address of a phone.")));
    words.map(read).collect()
}

fn some(phones: Vec<Mac>) -> Result<Vec<Mac>, Refused> {
    if phones.is_empty() {
        return Err(Refused::Wrong("Name the phones: SEP001122334455.".to_owned()));
    }
    Ok(phones)
}

/// What commands are named for in messages is done by forms here.
pub(super) fn refused(error: StepError) -> Refused {
    Refused::Wrong(match error {
        StepError::Publish(PublishError::Store(error)) => return error.into(),
        StepError::Publish(PublishError::Loss { lost, named }) => format!(
            "{lost} phones would be lost by this list, or might be: {named}. Nothing was published. To publish it all the \
             same, write {lost} where it asks how many may be lost."
        ),
        StepError::NoList(_) => return Refused::NothingThere,
        StepError::NoneYet => {
            "No list was published yet, so no phone knows who signs: give phones their first.".to_owned()
        }
        StepError::UnderWay(rollover) => format!(
            "A roll-over from {} to {} is under way: finish or abort it first.",
            rollover.old, rollover.new
        ),
        StepError::NotUnderWay => "No roll-over is under way.".to_owned(),
        StepError::Released => "Lists let phones go at present: hold them again first.".to_owned(),
        StepError::NotKnown(new) => {
            format!(
                "No phone knows {new} yet: go on with the roll-over first, which publishes the list that it is in."
            )
        }
        other => sentence(&other.to_string()),
    })
}
