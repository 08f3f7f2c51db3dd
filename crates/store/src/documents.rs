//! Documents that phones share.

use provision::inventory::Document;
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::page::Listed;
use crate::phones::mac;
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

    /// How many phones say this of a setting themselves, and the first of them; the case of letters does not matter.
    pub async fn phones_saying(&self, setting: &str, value: &str, most: u32) -> Result<Listed<Mac>> {
        let finds = self.database.finds();
        let said = format!("\"{setting}\":{}", json::text(&value)).to_ascii_lowercase();
        let rows: Vec<(String, i64)> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT mac, count(*) OVER () FROM phone_layers WHERE ");
            sql.push(finds).push("(lower(layer), ").push_bind(said).push(") > 0 ORDER BY mac LIMIT ");
            sql.push_bind(i64::from(most));
            sql.build_query_as().fetch_all(c).await?
        });
        let total = rows.first().map_or(0, |row| row.1.cast_unsigned());
        Ok(Listed { rows: rows.iter().map(|(text, _)| mac(text)).collect::<Result<_>>()?, total })
    }
}

pub(crate) fn document((name, content): Row) -> Result<Document> {
    let content = json::read(&content, || format!("document {name}"))?;
    Ok(Document { name, content })
}
