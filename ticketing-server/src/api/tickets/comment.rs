use serde::Serialize;
use ticketing_core::Comment;

use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `POST /api/tickets/comentar`: the requester answers. Source: the Mesa de Ayuda contract.
pub(crate) async fn comment<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let comment = Comment::from_json(&call.json_body().await?)?;
    call.limit_email(&comment.look_up.email)?;

    call.engine().comment(comment).await?;
    json(&Answer { mensaje: "Su comentario ha sido registrado." })
}

#[derive(Serialize)]
struct Answer {
    mensaje: &'static str,
}
