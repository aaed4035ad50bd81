//! The `SQLite` database, behind a pool of connections.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};
use sqlx::{
    QueryBuilder, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use crate::model::{CreateTicket, CreatedTicket, DeskFilter, DeskRow, FoundTicket, ListedTicket, sla_hours};

/// How long a connection waits for another one's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the file, creating it and its tables when they are not there.
    pub async fn open(file: &Path, connections: u32) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            // A connection to a file does not go stale, so none is tried out before it is used.
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Says whether the database answers.
    pub async fn check(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Stores a new ticket under the year's next label.
    pub async fn create(&self, form: CreateTicket) -> sqlx::Result<CreatedTicket> {
        let hours = sla_hours(&form.prioridad);
        // The label's number must be read and written without another writer in between.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let now = Utc::now().trunc_subsecs(0);
        let number = next_number(&mut transaction, now.year()).await?;
        let ticket = CreatedTicket {
            ticket_uuid: Uuid::now_v7().to_string(),
            ticket_label: format!("TKT-{}-{number:05}", now.year()),
            estado: "ABIERTO",
            tipo: form.tipo,
            prioridad: form.prioridad.clone(),
            sla_horas: hours,
            fecha_creacion: now,
            fecha_limite_sla: now + TimeDelta::hours(hours),
            mensaje: "Su solicitud ha sido registrada exitosamente.",
        };
        let id = insert_ticket(&mut transaction, &ticket, number, &form).await?;
        insert_requester(&mut transaction, id, &form).await?;
        insert_created_event(&mut transaction, id, now, &form).await?;
        transaction.commit().await?;
        Ok(ticket)
    }

    /// The ticket with that label, if that is its requester's e-mail address.
    pub async fn find(&self, label: &str, email: &str) -> sqlx::Result<Option<FoundTicket>> {
        sqlx::query_as(
            "SELECT t.uuid AS ticket_uuid, t.label AS ticket_label, t.number AS ticket_num,
                    r.name AS solicitante_nombre, r.email AS solicitante_email, r.phone AS solicitante_tel,
                    r.has_whatsapp AS tiene_whatsapp, r.document AS documento, r.company AS empresa_departamento,
                    t.kind AS tipo_solicitud, t.category AS categoria, t.subcategory AS subcategoria,
                    t.subject AS asunto, t.description AS descripcion_problema, t.reply AS respuesta_cliente,
                    t.area AS area_asignada, t.priority AS prioridad_nombre, t.status AS estado_nombre,
                    t.created_at AS creado_en, t.updated_at AS actualizado_en,
                    e.at AS ultima_fecha_historial, e.action AS ultima_accion, e.reason AS ultimo_motivo,
                    e.actor_name AS ultimo_actor_nombre, e.actor_role AS ultimo_actor_rol,
                    t.sla_hours AS sla_horas, t.due_at AS fecha_limite_sla,
                    e.status_before AS estado_antes, e.status_after AS estado_despues,
                    e.priority_before AS prioridad_antes, e.priority_after AS prioridad_despues,
                    e.area_before AS area_antes, e.area_after AS area_despues
               FROM tickets t
               JOIN requesters r ON r.ticket_id = t.id
               JOIN events e ON e.ticket_id = t.id
              WHERE t.label = ? AND r.email = ? AND e.is_public
              ORDER BY e.sequence DESC
              LIMIT 1",
        )
        .bind(label)
        .bind(email)
        .fetch_optional(&self.pool)
        .await
    }

    /// The newest tickets, as the desk reads them.
    pub async fn desk(&self, filter: &DeskFilter, limit: u32) -> sqlx::Result<Vec<DeskRow>> {
        let mut query = QueryBuilder::<Sqlite>::new(LISTED);
        query.push(" WHERE TRUE");
        for (column, wanted) in [
            (" AND t.status = ", &filter.estado),
            (" AND t.priority = ", &filter.prioridad),
            (" AND t.area = ", &filter.area),
        ] {
            if let Some(wanted) = wanted {
                query.push(column).push_bind(wanted);
            }
        }
        query.push(" ORDER BY t.id DESC LIMIT ").push_bind(limit);
        let tickets: Vec<ListedTicket> = query.build_query_as().fetch_all(&self.pool).await?;
        let now = Utc::now();
        Ok(tickets.into_iter().map(|ticket| ticket.into_desk_row(now)).collect())
    }

    /// A numbered page, newest first, and how many tickets there are on all pages.
    pub async fn page(
        &self,
        status: Option<&'static str>,
        page: u32,
        size: u32,
    ) -> sqlx::Result<(Vec<ListedTicket>, i64)> {
        let narrowed = |query: &mut QueryBuilder<Sqlite>| {
            if let Some(status) = status {
                query.push(" WHERE t.status = ").push_bind(status);
            }
        };
        let mut count = QueryBuilder::<Sqlite>::new("SELECT count(*) FROM tickets t");
        narrowed(&mut count);
        let total = count.build_query_scalar().fetch_one(&self.pool).await?;
        let mut query = QueryBuilder::<Sqlite>::new(LISTED);
        narrowed(&mut query);
        query.push(" ORDER BY t.id DESC LIMIT ").push_bind(size);
        query.push(" OFFSET ").push_bind(i64::from(page - 1) * i64::from(size));
        Ok((query.build_query_as().fetch_all(&self.pool).await?, total))
    }
}

const LISTED: &str =
    "SELECT t.uuid, t.label, t.category, r.email, t.subject, t.status, t.priority, t.area, t.created_at,
                             t.updated_at, t.sla_hours, t.due_at
                        FROM tickets t
                        JOIN requesters r ON r.ticket_id = t.id";

async fn next_number(transaction: &mut Transaction<'_, Sqlite>, year: i32) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO label_numbers (year, last) VALUES (?, 1)
         ON CONFLICT (year) DO UPDATE SET last = last + 1
         RETURNING last",
    )
    .bind(year)
    .fetch_one(&mut **transaction)
    .await
}

async fn insert_ticket(
    transaction: &mut Transaction<'_, Sqlite>,
    ticket: &CreatedTicket,
    number: i64,
    form: &CreateTicket,
) -> sqlx::Result<i64> {
    let inserted = sqlx::query(
        "INSERT INTO tickets (uuid, label, number, kind, category, subcategory, subject, description, area, priority,
                              status, sla_hours, due_at, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&ticket.ticket_uuid)
    .bind(&ticket.ticket_label)
    .bind(number)
    .bind(form.tipo)
    .bind(&form.categoria)
    .bind(&form.subcategoria)
    .bind(&form.asunto)
    .bind(&form.descripcion)
    .bind(&form.area_asignada)
    .bind(&form.prioridad)
    .bind(ticket.estado)
    .bind(ticket.sla_horas)
    .bind(ticket.fecha_limite_sla)
    .bind(ticket.fecha_creacion)
    .bind(ticket.fecha_creacion)
    .execute(&mut **transaction)
    .await?;
    Ok(inserted.last_insert_rowid())
}

async fn insert_requester(
    transaction: &mut Transaction<'_, Sqlite>,
    ticket_id: i64,
    form: &CreateTicket,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO requesters (ticket_id, name, email, phone, has_whatsapp, document, company)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(ticket_id)
    .bind(&form.nombre)
    .bind(&form.email)
    .bind(&form.telefono)
    .bind(form.tiene_whatsapp)
    .bind(&form.documento)
    .bind(&form.empresa_departamento)
    .execute(&mut **transaction)
    .await
    .map(drop)
}

/// The first entry of the history, and the note for those who are to be told of it.
async fn insert_created_event(
    transaction: &mut Transaction<'_, Sqlite>,
    ticket_id: i64,
    now: DateTime<Utc>,
    form: &CreateTicket,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO events (ticket_id, sequence, at, action, actor_name, actor_role, is_public,
                             status_after, priority_after, area_after)
         VALUES (?, 1, ?, 'CREACION', ?, 'USUARIO', TRUE, 'ABIERTO', ?, ?)",
    )
    .bind(ticket_id)
    .bind(now)
    .bind(&form.nombre)
    .bind(&form.prioridad)
    .bind(&form.area_asignada)
    .execute(&mut **transaction)
    .await?;
    sqlx::query("INSERT INTO outbox (ticket_id, sequence, topic, created_at) VALUES (?, 1, 'ticket.created', ?)")
        .bind(ticket_id)
        .bind(now)
        .execute(&mut **transaction)
        .await
        .map(drop)
}
