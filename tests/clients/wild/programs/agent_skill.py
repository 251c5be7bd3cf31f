#!/usr/bin/env python
"""Stands for agent skills on the vendor's SDK for Python: the environment alone tells key, region and endpoint."""

import os

from huaweicloudsdkasm.v1 import AsmClient, ListMeshesRequest
from huaweicloudsdkasm.v1.region.asm_region import AsmRegion
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from bench import expect

# The SDK looks the project up by the name of the region.
credentials = BasicCredentials(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"])
region = AsmRegion.value_of(os.environ["OS_REGION_NAME"])
asm = AsmClient.new_builder().with_credentials(credentials).with_region(region).build()

listed = asm.list_meshes(ListMeshesRequest())
expect((listed.kind, listed.items) == ("MeshList", []), f"not a list of meshes: {listed}")
expect(asm.get_credentials().project_id == os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], "another project")
