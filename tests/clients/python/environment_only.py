"""An application that is told by its environment alone where the cloud is and who it is.

Prints the project that the SDK works with and the names of what is in it: `environment_only.py asm|servicestage`.
"""

import json
import sys

from huaweicloudsdkasm.v1 import AsmClient, ListMeshesRequest
from huaweicloudsdkasm.v1.region.asm_region import AsmRegion
from huaweicloudsdkcore.client import Client
from huaweicloudsdkservicestage.v3 import ServiceStageClient
from huaweicloudsdkservicestage.v3.region.servicestage_region import ServiceStageRegion

from sdk import call


def report(client: Client, names: list[str]) -> None:
    print(json.dumps({"project": client.get_credentials().project_id, "names": names}))


if sys.argv[1] == "asm":
    asm = AsmClient.new_builder().with_region(AsmRegion.value_of("cn-north-4")).build()
    report(asm, [mesh.metadata.name for mesh in asm.list_meshes(ListMeshesRequest()).items])
else:
    stage = ServiceStageClient.new_builder().with_region(ServiceStageRegion.value_of("cn-north-4")).build()
    report(stage, [item["name"] for item in call(stage, "GET", "/v3/{project_id}/pipeline/pipelines").json])
