//! Documents that phones share.

use provision::inventory::Document;

use crate::store::Store;
use crate::{Result, json};

/// Name and content.
type Row = (String, String);

impl Store {
    /// The document of that name.
    pub async fn document(&self, name: &str) -> Result<Option<Document>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, content FROM documents WHERE name = $1")
                .bind(name)
                .fetch_optional(c)
                .await?);
        row.map(document).transpose()
    }

    /// All documents, by name.
    pub async fn documents(&self) -> Result<Vec<Document>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, content FROM documents ORDER BY name").fetch_all(c).await?);
        rows.into_iter().map(document).collect()
    }
}

pub(crate) fn document((name, content): Row) -> Result<Document> {
    let content = json::read(&content, || format!("document {name}"))?;
    Ok(Document { name, content })
}
