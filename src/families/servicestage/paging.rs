//! Paging and order of the ServiceStage lists: the convention of the service's V3 lists, which the pages of
//! these families do not mention (inferred).

use std::iter::{Rev, Skip, Take};
use std::vec;

use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::Error;
use crate::sim::Millis;

/// The maximum number of rows without a `limit`.
const MOST: usize = 1_000;

/// The raw query of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The number of rows, 0 to 100; at most 1,000 if absent.
    #[param(value_type = Option<Number<100>>, inline)]
    limit: Option<String>,
    /// The number of rows to skip; 0 if absent.
    #[param(value_type = Option<Number<{ i64::MAX }>>, inline)]
    offset: Option<String>,
    /// `create_time` (default), `name` or `update_time`.
    #[param(pattern = "^(create_time|name|update_time)?$")]
    order_by: Option<String>,
    /// `desc` (default) or `asc`.
    #[param(pattern = "^(desc|asc)?$")]
    order: Option<String>,
}

/// The schema of a number from 0 to `MOST`; an empty text counts as absent.
struct Number<const MOST: i64>;

impl<const MOST: i64> PartialSchema for Number<MOST> {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .maximum(Some(MOST));
        let nothing = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(0));
        OneOfBuilder::new().item(number).item(nothing).into()
    }
}

impl<const MOST: i64> ToSchema for Number<MOST> {}

/// The sort key of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    /// The time of creation: the only order that does not scan the whole project.
    CreateTime,
    /// The name.
    Name,
    /// The time of the last change.
    UpdateTime,
}

/// A page to cut out of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    limit: usize,
    offset: usize,
    order_by: OrderBy,
    ascending: bool,
}

impl Paging {
    /// Checks the query. Errors: 400 with the parameter's name.
    pub fn page(&self) -> Result<Page, Error> {
        let limit = match number("limit", self.limit.as_deref())? {
            None => MOST,
            Some(limit) if limit <= 100 => limit,
            Some(limit) => return Err(Error::at("limit", format!("{limit} is not in 0..100"))),
        };
        let order_by = match self.order_by.as_deref() {
            None | Some("" | "create_time") => OrderBy::CreateTime,
            Some("name") => OrderBy::Name,
            Some("update_time") => OrderBy::UpdateTime,
            Some(other) => {
                return Err(Error::at(
                    "order_by",
                    format!("{other} is none of create_time, name, update_time"),
                ));
            }
        };
        let ascending = match self.order.as_deref() {
            None | Some("" | "desc") => false,
            Some("asc") => true,
            Some(other) => {
                return Err(Error::at(
                    "order",
                    format!("{other} is neither desc nor asc"),
                ));
            }
        };
        let offset = number("offset", self.offset.as_deref())?.unwrap_or(0);
        Ok(Page {
            limit,
            offset,
            order_by,
            ascending,
        })
    }
}

fn number(name: &str, value: Option<&str>) -> Result<Option<usize>, Error> {
    match value {
        None | Some("") => Ok(None),
        // Like all numbers of the service, up to what 63 bits hold.
        Some(text) => match text.parse::<i64>().map(usize::try_from) {
            Ok(Ok(number)) => Ok(Some(number)),
            _ => Err(Error::at(name, format!("{text} is not a number from 0 on"))),
        },
    }
}

impl Page {
    /// The most rows the page can have.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Cuts the page out of a list that is sorted oldest first. Equal keys keep the order of creation. In that
    /// order only the rows of the page are visited; any other order visits all.
    pub fn cut<'a, T, I: DoubleEndedIterator<Item = &'a T>>(
        &self,
        oldest_first: I,
        name: impl Fn(&T) -> &str,
        updated: impl Fn(&T) -> Millis,
    ) -> Cut<'a, T, I> {
        let all = match (self.order_by, self.ascending) {
            (OrderBy::CreateTime, true) => Ordered::OldestFirst(oldest_first),
            (OrderBy::CreateTime, false) => Ordered::NewestFirst(oldest_first.rev()),
            (order_by, ascending) => {
                let mut rows: Vec<_> = oldest_first.collect();
                if order_by == OrderBy::Name {
                    rows.sort_by(|a, b| name(a).cmp(name(b)));
                } else {
                    rows.sort_by_key(|row| updated(row));
                }
                if !ascending {
                    rows.reverse();
                }
                Ordered::Sorted(rows.into_iter())
            }
        };
        all.skip(self.offset).take(self.limit)
    }
}

/// The rows of a page.
pub type Cut<'a, T, I> = Take<Skip<Ordered<'a, T, I>>>;

/// The rows of a list in the requested order.
pub enum Ordered<'a, T, I> {
    /// In the order of creation.
    OldestFirst(I),
    /// In the reverse order of creation.
    NewestFirst(Rev<I>),
    /// By another key.
    Sorted(vec::IntoIter<&'a T>),
}

impl<'a, T, I: DoubleEndedIterator<Item = &'a T>> Iterator for Ordered<'a, T, I> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        match self {
            Self::OldestFirst(rows) => rows.next(),
            Self::NewestFirst(rows) => rows.next(),
            Self::Sorted(rows) => rows.next(),
        }
    }

    fn nth(&mut self, n: usize) -> Option<&'a T> {
        match self {
            Self::OldestFirst(rows) => rows.nth(n),
            Self::NewestFirst(rows) => rows.nth(n),
            Self::Sorted(rows) => rows.nth(n),
        }
    }
}
