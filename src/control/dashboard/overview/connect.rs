//! The ready-made lines by which a client reaches the emulator.

use maud::{Markup, html};

use crate::control::dashboard::layout::Visit;

/// The ways to call the emulator, with its URL in them.
fn ways(url: &str) -> [(&'static str, &'static str, String); 6] {
    [
        (
            "curl",
            "The Huawei services take any X-Auth-Token, Zadig any Authorization, unless the credentials are strict.",
            format!(
                "curl {url}/v3/p1/pipeline/pipelines -H 'X-Auth-Token: any'\n\
                 curl '{url}/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=20' -H 'Authorization: Bearer any'"
            ),
        ),
        (
            "Environment",
            "The variables that the official SDKs and the packages of the emulator read.",
            format!(
                "export RELEASE_EMULATOR_URL={url}\n\
                 export HUAWEICLOUD_SDK_IAM_ENDPOINT={url}\n\
                 export HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4={url}\n\
                 export HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4={url}\n\
                 export HUAWEICLOUD_SDK_AK=any-ak HUAWEICLOUD_SDK_SK=any-sk HUAWEICLOUD_SDK_PROJECT_ID=p1"
            ),
        ),
        (
            "Python",
            "Without a package. The package release_emulator brings clocks, scripts and worlds for pytest.",
            format!(
                "import json, urllib.request\n\n\
                 request = urllib.request.Request(\n    \
                 \"{url}/v3/p1/pipeline/pipelines\", headers={{\"X-Auth-Token\": \"any\"}})\n\
                 print(json.load(urllib.request.urlopen(request)))"
            ),
        ),
        (
            "Node",
            "Without a package.",
            format!(
                "const answer = await fetch(\"{url}/v3/p1/pipeline/pipelines\", {{\n  \
                 headers: {{ \"X-Auth-Token\": \"any\" }},\n}});\n\
                 console.log(await answer.json());"
            ),
        ),
        (
            "Go",
            "Without a package.",
            format!(
                "request, _ := http.NewRequest(\"GET\", \"{url}/v3/p1/pipeline/pipelines\", nil)\n\
                 request.Header.Set(\"X-Auth-Token\", \"any\")\n\
                 response, err := http.DefaultClient.Do(request)"
            ),
        ),
        (
            "Terraform",
            "The provider of Huawei Cloud, for meshes.",
            format!(
                "provider \"huaweicloud\" {{\n  \
                 region     = \"cn-north-4\"\n  access_key = \"any-ak\"\n  secret_key = \"any-sk\"\n  \
                 project_id = \"p1\"\n  auth_url   = \"{url}/v3\"\n  insecure   = true\n  \
                 endpoints = {{\n    iam = \"{url}/\"\n    asm = \"{url}/\"\n  }}\n}}"
            ),
        ),
    ]
}

/// The URL, and the lines for each kind of client.
pub(super) fn connect(visit: &Visit) -> Markup {
    let url = visit.url();
    html! {
        section.card aria-labelledby="connect-title" {
            h2 id="connect-title" { "Point a client here" }
            p.actions { code.url id="url" { (url) } button data-copy=(url) { "Copy the URL" } }
            div.tabs {
                @for (position, (name, hint, lines)) in ways(&url).iter().enumerate() {
                    details name="connect" open[position == 0] {
                        summary { (name) }
                        div {
                            p.hint { (hint) }
                            pre id={ "connect-" (position) } tabindex="0" { (lines) }
                            button data-copy-from={ "connect-" (position) } aria-label={ "Copy the lines for " (name) } { "Copy" }
                        }
                    }
                }
            }
        }
    }
}
