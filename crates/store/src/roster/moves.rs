//! Writing down what moved of what lists of phones show, within the transaction that moves it.

use std::collections::BTreeSet;

use provision::inventory::Number;
use sqlx::QueryBuilder;

use crate::Result;
use crate::change::effect::Effect;
use crate::database::Writing;

/// Phones that are named one by one; when more move, all are read again.
const NAMED: usize = 500;
/// Moves that are remembered. Whoever was away for longer reads all phones again.
pub(super) const REMEMBERED: i64 = 200;

/// Writes down what a change moves. Comes after it: a line is asked whose it is then.
pub(crate) async fn of_change(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    if effect.phones.is_empty() && effect.lines.is_empty() && effect.groups.is_empty() {
        return Ok(());
    }
    if effect.phones.len() + effect.lines.len() > NAMED {
        return of_all(writing).await;
    }
    let mut macs: BTreeSet<String> = effect.phones.keys().map(ToString::to_string).collect();
    let lines: Vec<&Number> = effect.lines.keys().copied().collect();
    macs.extend(with_keys_for(writing, &lines).await?);
    if macs.len() > NAMED { of_all(writing).await } else { of_phones(writing, macs).await }
}

/// Writes down that any phone may be another.
pub(crate) async fn of_all(writing: &mut Writing) -> Result<()> {
    of_phones(writing, [String::new()]).await
}

/// Writes down that these moved; without any, that groups did.
pub(crate) async fn of_phones(writing: &mut Writing, macs: impl IntoIterator<Item = String>) -> Result<()> {
    let number: i64 = writing!(&mut *writing, c =>
        sqlx::query_scalar("UPDATE inventory SET phone_moves = phone_moves + 1 RETURNING phone_moves")
            .fetch_one(c)
            .await?);
    let macs: Vec<String> = macs.into_iter().collect();
    if !macs.is_empty() {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new("INSERT INTO phone_moves (number, mac) ");
            sql.push_values(&macs, |mut row, mac| { row.push_bind(number).push_bind(mac.as_str()); });
            sql.build().persistent(macs.len() == 1).execute(c).await?;
        });
    }
    writing!(writing, c =>
        sqlx::query("DELETE FROM phone_moves WHERE number <= $1")
            .bind(number - REMEMBERED)
            .execute(c)
            .await
            .map(drop)?);
    Ok(())
}

/// Phones with a key of their own for one of these lines: one more than are named is enough.
async fn with_keys_for(writing: &mut Writing, lines: &[&Number]) -> Result<Vec<String>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    Ok(writing!(writing, c => {
        let mut sql = QueryBuilder::new("SELECT DISTINCT name FROM keys WHERE owner = 'phone' AND line IN (");
        let mut list = sql.separated(", ");
        lines.iter().for_each(|line| { list.push_bind(line.as_str()); });
        sql.push(") LIMIT ").push_bind(NAMED as i64 + 1);
        sql.build_query_scalar().persistent(lines.len() == 1).fetch_all(c).await?
    }))
}
