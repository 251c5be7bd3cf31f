//! The query of a list, bound as the service does it.

use crate::families::zadig::query::{Params, integer};
use crate::families::zadig::versions::table::VersionPage;

/// Binds the query of a list; the error is the service's text.
///
/// All three parameters are required, and zero counts as absent. A malformed number is reported before a
/// missing parameter. Negative numbers mean the first page and 20 versions.
pub fn page(params: &Params) -> Result<VersionPage, String> {
    let project = params.get("projectKey").unwrap_or_default();
    let number = integer(params.get("pageNum"))?;
    let size = integer(params.get("pageSize"))?;
    let fields = [
        ("ProjectKey", project.is_empty()),
        ("PageNum", number == 0),
        ("PageSize", size == 0),
    ];
    let errors = fields.iter().filter(|(_, missing)| *missing).map(|(field, _)| {
        format!(
            "Key: 'OpenAPIListDeliveryVersionRequest.{field}' Error:Field validation for '{field}' failed \
             on the 'required' tag"
        )
    });
    let errors: Vec<_> = errors.collect();
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    Ok(VersionPage {
        project: project.to_owned(),
        number: usize::try_from(number).unwrap_or(1),
        size: usize::try_from(size).unwrap_or(20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(query: &str) -> Result<VersionPage, String> {
        page(&Params::from_query(Some(query)))
    }

    fn missing(field: &str) -> String {
        format!(
            "Key: 'OpenAPIListDeliveryVersionRequest.{field}' Error:Field validation for '{field}' failed on the 'required' tag"
        )
    }

    #[test]
    fn all_three_parameters_are_required_and_reported_together() {
        let three = ["ProjectKey", "PageNum", "PageSize"]
            .map(missing)
            .join("\n");
        assert_eq!(bind(""), Err(three));
        assert_eq!(
            bind("projectKey=p&pageNum=0&pageSize=1"),
            Err(missing("PageNum"))
        );
        assert_eq!(
            bind("projectKey=&pageNum=1&pageSize=1"),
            Err(missing("ProjectKey"))
        );
    }

    #[test]
    fn a_malformed_number_is_reported_before_a_missing_parameter() {
        let parse = |text: &str, why: &str| Err(format!("strconv.ParseInt: parsing {text}: {why}"));
        assert_eq!(bind("pageNum=abc"), parse("\"abc\"", "invalid syntax"));
        assert_eq!(bind("pageSize=1.5"), parse("\"1.5\"", "invalid syntax"));
        assert_eq!(bind("pageNum=%22%0A"), parse(r#""\"\n""#, "invalid syntax"));
        assert_eq!(
            bind("pageNum=a&pageSize=b"),
            parse("\"a\"", "invalid syntax")
        );
        assert_eq!(
            bind("pageNum=9223372036854775808"),
            parse("\"9223372036854775808\"", "value out of range")
        );
    }

    #[test]
    fn negative_numbers_mean_the_defaults_and_a_sign_is_accepted() {
        let page = |number, size| {
            Ok(VersionPage {
                project: "p".to_owned(),
                number,
                size,
            })
        };
        assert_eq!(bind("projectKey=p&pageNum=-1&pageSize=-5"), page(1, 20));
        assert_eq!(bind("projectKey=p&pageNum=%2B2&pageSize=3"), page(2, 3));
        let far = bind("projectKey=p&pageNum=9223372036854775807&pageSize=9223372036854775807");
        assert_eq!(far.map(|page| page.offset()), Ok(usize::MAX));
    }
}
