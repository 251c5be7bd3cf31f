//! Paging and order of the ServiceStage lists. They follow the service's other V3 lists; the pages of these families do
//! not mention them (inferred).

use serde::Deserialize;

use crate::http::json::ValidationError;
use crate::sim::Millis;

/// The limit of a list without `limit`.
const DEFAULT_LIMIT: usize = 1_000;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct Paging {
    /// The maximum number of rows, 0 to 100. Absent: 1,000.
    #[cfg_attr(test, param(value_type = Option<i64>, minimum = 0, maximum = 100))]
    limit: Option<String>,
    /// The number of rows to skip. Absent: 0.
    #[cfg_attr(test, param(value_type = Option<i64>, minimum = 0))]
    offset: Option<String>,
    /// `create_time` (default), `name` or `update_time`.
    #[cfg_attr(test, param(value_type = Option<OrderBy>, inline))]
    order_by: Option<String>,
    /// `desc` (default) or `asc`.
    #[cfg_attr(test, param(value_type = Option<OrderDirection>, inline))]
    order: Option<String>,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
enum OrderBy {
    /// By creation, the only order that need not read the whole project.
    CreateTime,
    Name,
    UpdateTime,
}

/// The direction of an order.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "lowercase"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum OrderDirection {
    Desc,
    Asc,
}

/// A valid request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The maximum number of rows.
    pub limit: usize,
    offset: usize,
    order_by: OrderBy,
    ascending: bool,
}

impl Paging {
    /// The names of the parameters.
    pub const PARAMETERS: [&str; 4] = ["limit", "offset", "order_by", "order"];

    /// Checks the query. Errors: 400 with the parameter's name.
    pub fn page(&self) -> Result<PageRequest, ValidationError> {
        let limit = match number("limit", self.limit.as_deref())? {
            None => DEFAULT_LIMIT,
            Some(limit @ ..=100) => limit,
            Some(limit) => {
                return Err(ValidationError::unlike("limit", "must be 0 to 100", limit));
            }
        };
        let order_by = match self.order_by.as_deref() {
            None | Some("" | "create_time") => OrderBy::CreateTime,
            Some("name") => OrderBy::Name,
            Some("update_time") => OrderBy::UpdateTime,
            Some(other) => {
                let expected = "must be create_time, name or update_time";
                return Err(unlike("order_by", expected, other));
            }
        };
        let ascending = match self.order.as_deref() {
            None | Some("" | "desc") => false,
            Some("asc") => true,
            Some(other) => return Err(unlike("order", "must be desc or asc", other)),
        };
        let offset = number("offset", self.offset.as_deref())?.unwrap_or(0);
        Ok(PageRequest {
            limit,
            offset,
            order_by,
            ascending,
        })
    }
}

fn unlike(name: &str, expected: &str, text: &str) -> ValidationError {
    ValidationError::unlike(name, expected, format_args!("{text:?}"))
}

fn number(name: &str, value: Option<&str>) -> Result<Option<usize>, ValidationError> {
    match value {
        None | Some("") => Ok(None),
        // Like all numbers of the service, up to what 63 bits hold.
        Some(text) => match text.parse::<i64>().map(usize::try_from) {
            Ok(Ok(number)) => Ok(Some(number)),
            _ => Err(ValidationError::new(
                name,
                format!("{text:?} is not a non-negative integer"),
            )),
        },
    }
}

impl PageRequest {
    /// The rows of the page, from a list in the order of creation. Equal keys keep that order. By creation, only the rows
    /// of the page are read; any other order reads the whole list.
    pub fn cut<'a, T: 'a>(
        &self,
        oldest_first: impl DoubleEndedIterator<Item = &'a T> + 'a,
        name: impl Fn(&T) -> &str,
        updated: impl Fn(&T) -> Millis,
    ) -> impl Iterator<Item = &'a T> {
        let rows: Box<dyn Iterator<Item = &'a T> + 'a> = match (self.order_by, self.ascending) {
            (OrderBy::CreateTime, true) => Box::new(oldest_first),
            (OrderBy::CreateTime, false) => Box::new(oldest_first.rev()),
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
                Box::new(rows.into_iter())
            }
        };
        rows.skip(self.offset).take(self.limit)
    }
}
