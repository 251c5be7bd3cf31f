import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.AsmApi;
import org.openapitools.client.api.ControlApi;
import org.openapitools.client.api.PipelinesApi;
import org.openapitools.client.api.PlansApi;
import org.openapitools.client.model.AsmGrayWorkloadBody;
import org.openapitools.client.model.AsmReleaseOrder;
import org.openapitools.client.model.AsmReleaseOrderMetadata;
import org.openapitools.client.model.AsmReleaseOrderSpec;
import org.openapitools.client.model.ClockAdvance;
import org.openapitools.client.model.CreateReleasePlanBody;
import org.openapitools.client.model.PipelineBody;
import org.openapitools.client.model.PipelineConfigMode;
import org.openapitools.client.model.PipelineStage;
import org.openapitools.client.model.PipelineStatus;
import org.openapitools.client.model.PipelineTask;
import org.openapitools.client.model.ReleasePlanRequestedComponent;

/** The generated Java client: a pipeline, a plan and a release go their way. */
public class Story {
  private static final String PROJECT = "0605767aee00d2562f3cc0123456789a";

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("RELEASE_EMULATOR_URL"));
    client.setRequestInterceptor(request -> request.header("X-Auth-Token", "any"));

    PipelinesApi pipelines = new PipelinesApi(client);
    PipelineStage build =
        new PipelineStage().name("build").tasks(List.of(new PipelineTask().name("compile")));
    PipelineBody body =
        new PipelineBody().name("shop").modelVersion(2L).configMode(PipelineConfigMode.UI).stages(List.of(build));
    String id = pipelines.createPipeline(PROJECT, body).getId();
    pipelines.operatePipeline("start", PROJECT, id, null);
    new ControlApi(client).advanceClock(new ClockAdvance().ms(2_000L));
    var listed = pipelines.listPipelines(PROJECT, 10L, null, null, null);
    check(listed.size() == 1 && listed.get(0).getStatus() == PipelineStatus.Succeeded, listed);
    check(pipelines.listPipelines(PROJECT, null, null, "name", "asc").size() == 1, listed);

    ReleasePlanRequestedComponent web =
        new ReleasePlanRequestedComponent().seq(0L).name("web").runtimeStack(Map.of("name", "java"));
    web.putAdditionalProperty("source", Map.of("kind", "image"));
    var plan =
        new PlansApi(client)
            .createReleasePlan(PROJECT, new CreateReleasePlanBody().name("weekly").components(List.of(web)));
    var kept = plan.getComponents().get(0);
    check(Map.of("kind", "image").equals(kept.getAdditionalProperty("source")), plan);

    AsmReleaseOrderSpec spec =
        new AsmReleaseOrderSpec()
            .serviceName("web")
            .version("v2")
            .grayDeployments(List.of(new AsmGrayWorkloadBody().template(Map.of())));
    AsmReleaseOrder order =
        new AsmReleaseOrder().metadata(new AsmReleaseOrderMetadata().name("web-gray")).spec(spec);
    var release = new AsmApi(client).createRelease("m1", "shop", order);
    check("v2".equals(release.getSpec().getVersion()), release);
  }

  private static void check(boolean holds, Object shown) {
    if (!holds) {
      throw new AssertionError(shown);
    }
  }
}
