//! The query of the internal list, bound as the service does it.

use crate::families::zadig::query::{Params, integer};

/// The selection of versions and the page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseQuery {
    /// Empty: all projects.
    pub project: String,
    /// Empty: all workflows.
    pub workflow: String,
    /// 0: all tasks.
    pub task: i64,
    /// Empty: all services.
    pub service: String,
    /// Empty: all versions. Only generation 2 reads it.
    pub label: String,
    /// True if only the versions themselves are shown.
    pub is_brief: bool,
    /// The number of the page as it was sent; absent if it was not.
    pub page: Option<i64>,
    /// The maximum number of versions on the page; 0 if none was sent.
    pub per_page: i64,
}

impl ReleaseQuery {
    /// Binds a query; the error is the parser's text, which the service does not show.
    pub fn bind(params: &Params) -> Result<Self, String> {
        let page = params.get("page");
        let text = |key| params.get(key).unwrap_or_default().to_owned();
        Ok(Self {
            page: page.map(|page| integer(Some(page))).transpose()?,
            per_page: integer(params.get("per_page"))?,
            task: integer(params.get("taskId"))?,
            project: text("projectName"),
            workflow: text("workflowName"),
            service: text("serviceName"),
            label: text("label"),
            is_brief: params.get("verbosity") == Some("brief"),
        })
    }

    /// The first version of the page, counted from 0, and the most versions on it.
    pub fn range(&self) -> (usize, usize) {
        let positive = |number: i64| usize::try_from(number).ok().filter(|number| *number > 0);
        let page = self.page.and_then(positive).unwrap_or(1);
        let size = positive(self.per_page).unwrap_or(20);
        (size.saturating_mul(page - 1), size)
    }

    /// The same in generation 2, which shows everything to a query without a page.
    pub fn range_v4(&self) -> (usize, usize) {
        match self.page {
            Some(_) => self.range(),
            None => (0, usize::MAX),
        }
    }
}
