"""The work pools of the documentation: what they set is what Prefect's own templates for such pools take."""

import json
from pathlib import Path

import prefect
import pytest
import yaml

POOLS = Path(__file__).parent.parent.parent / "flows" / "pools"
KNOWN = Path(prefect.__file__).parent / "server/api/collections_data/views/aggregate-worker-metadata.json"


def template(kind: str) -> dict:
    """The base job template that `prefect work-pool create --type` begins with; it comes with Prefect."""
    return json.loads(KNOWN.read_text())[f"prefect-{kind}"][kind]["default_base_job_configuration"]


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_every_variable_of_a_pool_is_one_of_the_template(kind: str):
    variables = yaml.safe_load((POOLS / f"{kind}.yaml").read_text())["job_variables"]
    assert variables
    assert set(variables) <= set(template(kind)["variables"]["properties"])


def test_what_the_cluster_has_no_variable_for_fits_into_the_template_where_it_is_to_be_put():
    told = yaml.safe_load((POOLS / "kubernetes.yaml").read_text())["job_manifest"]
    pod = template("kubernetes")["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert {each["name"] for each in told["containers"]} == {each["name"] for each in pod["containers"]}
    assert not set(told) & (set(pod) - {"containers"})
    mounted = {mount["name"] for each in told["containers"] for mount in each["volumeMounts"]}
    assert mounted == {volume["name"] for volume in told["volumes"]}
