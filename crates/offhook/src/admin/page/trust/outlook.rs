//! What a list would do to phones, as pages show it.

use provision::ledger::{Listed, Totals, Verdict};
use store::Published;

use crate::trust::{Draft, Outlook};

/// Phones of the list; a command shows all.
const MOST_ROWS: usize = 100;

/// A phone that would not surely take the list.
pub(super) struct Row {
    pub(super) device: String,
    pub(super) model: &'static str,
    pub(super) description: String,
    pub(super) refuses: bool,
    pub(super) lost: bool,
    pub(super) because: String,
}

/// What a list would do.
pub(super) struct Plan {
    pub(super) last: Option<Published>,
    pub(super) same: bool,
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) totals: Totals,
    pub(super) rows: Vec<Row>,
    pub(super) more: usize,
}

impl Plan {
    pub(super) fn of(draft: &Draft, outlook: &Outlook) -> Self {
        let named = |listed: &Listed| format!("{} {}", listed.name, listed.role);
        let unsure = outlook.phones.iter().filter(|row| !matches!(row.standing.verdict, Verdict::Accepts(_)));
        let mut rows: Vec<Row> = unsure
            .map(|row| Row {
                device: row.mac.device_name(),
                model: row.model.map_or("", |model| model.name),
                description: row.description.clone(),
                refuses: matches!(row.standing.verdict, Verdict::Refuses(_)),
                lost: row.standing.is_lost,
                because: row.standing.verdict.to_string(),
            })
            .collect();
        // Whoever would be lost comes first.
        rows.sort_by_key(|row| !row.lost);
        let more = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        Self {
            same: outlook.is_published(draft),
            added: outlook.difference.added.iter().map(named).collect(),
            removed: outlook.difference.removed.iter().map(named).collect(),
            totals: outlook.totals(),
            last: outlook.last.clone(),
            rows,
            more,
        }
    }
}
