/** The bodies of the control plane, by the names of the OpenAPI document. */

import type { components } from './openapi.js';

/** All bodies of the document, those of the emulated services included: `Schemas['PipelineBody']`. */
export type Schemas = components['schemas'];

export type Clock = Schemas['Clock'];
export type ClockAdvanced = Schemas['ClockAdvanced'];
export type ClockRewound = Schemas['ClockRewound'];
export type ClockSetting = Schemas['ClockSetting'];
export type ClockTarget = Schemas['ClockTarget'];
export type Coverage = Schemas['Coverage'];
export type Fault = Schemas['Fault'];
export type History = Schemas['History'];
export type HistoryCommand = Schemas['HistoryCommand'];
export type Journal = Schemas['Journal'];
export type ListedFault = Schemas['ListedFault'];
export type ListedScript = Schemas['ListedScript'];
export type NearMiss = Schemas['NearMiss'];
export type NotVerified = Schemas['NotVerified'];
export type Problem = Schemas['Problem'];
export type RequestEntry = Schemas['RequestEntry'];
export type RequestFilter = Schemas['RequestFilter'];
export type Resource = Schemas['Resource'];
export type ResourceFamily = Schemas['ScriptFamily'];
export type ResourceList = Schemas['ResourceList'];
export type Script = Schemas['Script'];
export type ScriptList = Schemas['ScriptList'];
export type Snapshot = Schemas['Snapshot'];
export type State = Schemas['State'];
export type Timeline = Schemas['Timeline'];
export type Transition = Schemas['Transition'];
export type Verification = Schemas['Verification'];
export type Webhook = Schemas['Webhook'];
export type WebhookDetail = Schemas['WebhookDetail'];
export type WebhookRequest = Schemas['WebhookRequest'];
