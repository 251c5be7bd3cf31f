// The generated Go client: a pipeline, a plan and a release go their way.
package main

import (
	"context"
	"log"
	"os"

	"emulator"
)

const project = "0605767aee00d2562f3cc0123456789a"

func main() {
	configuration := emulator.NewConfiguration()
	configuration.Servers = emulator.ServerConfigurations{{URL: os.Getenv("RELEASE_EMULATOR_URL")}}
	configuration.AddDefaultHeader("X-Auth-Token", "any")
	client := emulator.NewAPIClient(configuration)
	background := context.Background()

	stage := emulator.NewPipelineStage("build", []emulator.PipelineTask{*emulator.NewPipelineTask("compile")})
	body := emulator.NewPipelineBody(emulator.PIPELINECONFIGMODE_UI, 2, "shop")
	body.Stages = []emulator.PipelineStage{*stage}
	created, _, err := client.PipelinesAPI.CreatePipeline(background, project).PipelineBody(*body).Execute()
	check(err)
	_, _, err = client.PipelinesAPI.OperatePipeline(background, project, created.Id).ActionId("start").Execute()
	check(err)
	step := emulator.NewClockAdvance()
	step.SetMs(2000)
	_, _, err = client.ControlAPI.AdvanceClock(background).ClockAdvance(*step).Execute()
	check(err)
	listed, _, err := client.PipelinesAPI.ListPipelines(background, project).Limit(10).Execute()
	check(err)
	if len(listed) != 1 || listed[0].Status != emulator.PIPELINESTATUS_Succeeded {
		log.Fatalf("%v", listed)
	}

	stack := map[string]interface{}{"name": "java"}
	web := emulator.NewReleasePlanRequestedComponent("web", stack, 0)
	web.AdditionalProperties = map[string]interface{}{"source": "image"}
	order := emulator.NewCreateReleasePlanBody([]emulator.ReleasePlanRequestedComponent{*web}, "weekly")
	plan, _, err := client.PlansAPI.CreateReleasePlan(background, project).CreateReleasePlanBody(*order).Execute()
	check(err)
	kept := plan.Components[0]
	if kept.RuntimeStack["name"] != "java" || kept.AdditionalProperties["source"] != "image" {
		log.Fatalf("%v", kept)
	}

	gray := emulator.NewAsmGrayWorkloadBody()
	gray.Template = map[string]interface{}{}
	spec := emulator.NewAsmReleaseOrderSpec([]emulator.AsmGrayWorkloadBody{*gray}, "web")
	version := "v2"
	spec.Version.Set(&version)
	mesh := emulator.NewAsmReleaseOrder(*emulator.NewAsmReleaseOrderMetadata("web-gray"), *spec)
	release, _, err := client.AsmAPI.CreateRelease(background, "m1", "shop").AsmReleaseOrder(*mesh).Execute()
	check(err)
	if release.Spec.Version != version {
		log.Fatalf("%v", release)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
