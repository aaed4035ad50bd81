//! x
use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};
pub(crate) async fn show<S: Store>(_call: Call<S>) -> Result<Response, ApiError> {
    json(&1)
}
