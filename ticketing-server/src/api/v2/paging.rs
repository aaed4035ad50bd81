//! Numbered pages. Source: the integration contract, “Lists”.

use hyper::header::{HeaderName, HeaderValue, LINK};
use serde::Serialize;

use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// Items on a page, where nobody says how many.
pub(crate) const PAGE_SIZE: u32 = 20;
/// Most items on a page.
pub(crate) const PAGE_SIZE_MAX: u32 = 100;

/// Which page of a list is asked for.
#[derive(Clone, Copy)]
pub(super) struct Paging {
    /// From 1.
    pub(super) page: u32,
    /// 1 to 100.
    pub(super) size: u32,
}

impl Paging {
    pub(super) fn of<S: Store>(call: &Call<S>) -> Result<Self, ApiError> {
        let page = number(call, "page", ["un número desde 1", "a number from 1", "um número a partir de 1"])?;
        let wanted = ["un número de 1 a 100", "a number from 1 to 100", "um número de 1 a 100"];
        let size = number(call, "size", wanted)?;
        if let Some(size) = size.filter(|size| !(1..=PAGE_SIZE_MAX).contains(size)) {
            tracing::debug!(size, "a page that large is not given");
            return Err(ApiError::InvalidParameter { name: "size", wanted });
        }
        Ok(Self { page: page.unwrap_or(1), size: size.unwrap_or(PAGE_SIZE) })
    }

    /// The page's items of a list that is there in full.
    pub(super) fn cut<T>(self, all: Vec<T>) -> Result<Response, ApiError>
    where
        T: Serialize,
    {
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let skipped = u64::from(self.page - 1) * u64::from(self.size);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let page: Vec<_> = all.into_iter().skip(skipped).take(size).collect();
        self.answer(&page, total, true, None)
    }

    /// A bare array; what else there is to say stands in headers.
    pub(super) fn answer(
        self,
        page: &impl Serialize,
        total: u64,
        is_numbered: bool,
        next: Option<String>,
    ) -> Result<Response, ApiError> {
        let mut response = json(page)?;
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-total"), total.into());
        headers.insert(HeaderName::from_static("x-page-size"), self.size.into());
        if is_numbered {
            headers.insert(HeaderName::from_static("x-page"), self.page.into());
        }
        if let Some(next) = next {
            headers.insert(LINK, link(&next)?);
        }
        Ok(response)
    }
}

/// Where the next page is.
pub(super) fn link(next: &str) -> Result<HeaderValue, ApiError> {
    HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).map_err(|error| ApiError::Internal(error.into()))
}

/// A number from 1 that is a parameter of the query, if it is given.
pub(super) fn number<S: Store>(
    call: &Call<S>,
    name: &'static str,
    wanted: [&'static str; 3],
) -> Result<Option<u32>, ApiError> {
    let Some(text) = call.query(name) else { return Ok(None) };
    id_of(&text).map(Some).ok_or(ApiError::InvalidParameter { name, wanted })
}

/// A number from 1, in digits and nothing else.
pub(crate) fn id_of(text: &str) -> Option<u32> {
    let digits = Some(text).filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).filter(|number| *number >= 1 && i32::try_from(*number).is_ok())
}
