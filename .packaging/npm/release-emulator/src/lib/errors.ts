/** Errors of the client, whose messages are complete: a test runner shows nothing else. */

import type { NearMiss, NotVerified, Problem, Verification } from './types.js';

/** A request that the control plane refused. */
export class EmulatorError extends Error {
  /** The status of the answer. */
  readonly status: number;
  /** The reason, in the emulator's words. */
  readonly detail: string;

  constructor(
    /** The refused call, such as `POST scripts`. */
    readonly call: string,
    /** The whole answer. */
    readonly problem: Problem,
    /** Advice, if the emulator has some. */
    readonly hint: string | undefined,
    message = `${call} returned ${problem.status}: ${problem.detail}${advice(problem, hint)}`,
  ) {
    super(message);
    this.name = 'EmulatorError';
    this.status = problem.status;
    this.detail = problem.detail;
  }
}

/** The hint as a line, unless the detail says the same. */
function advice({ detail }: Problem, hint: string | undefined): string {
  return hint && !detail.includes(hint) ? `\n  hint: ${hint}` : '';
}

/** An expectation about requests that does not hold. */
export class VerificationError extends EmulatorError {
  /** The number of requests that match. */
  readonly matched: number;
  /** The requests that come nearest, with the fields that differ. */
  readonly near_misses: NearMiss[];

  constructor(expected: Verification, answer: NotVerified, hint: string | undefined) {
    const { match, in_order } = expected;
    const wanted = `  of ${in_order ? 'in_order' : 'match'} ${JSON.stringify(in_order ?? match ?? {})}`;
    super('POST requests/verify', answer, hint, [answer.detail, wanted, ...nearest(answer.near_misses)].join('\n'));
    this.name = 'VerificationError';
    this.matched = answer.matched;
    this.near_misses = answer.near_misses;
  }
}

/** An emulator that does not answer. */
export class UnreachableError extends Error {
  constructor(readonly url: string, cause: Error) {
    // The message of a refused connection to several addresses is empty.
    super(`the emulator at ${url} does not answer: ${cause.message || (cause as NodeJS.ErrnoException).code}`, { cause });
    this.name = 'UnreachableError';
  }
}

/** An emulator that did not start. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartError';
  }
}

function nearest(misses: NearMiss[]): string[] {
  if (misses.length === 0) return [];
  const lines = misses.flatMap(({ id, method, path, status, differs }) => [
    `  request ${id}: ${method} ${path} returned ${status}`,
    ...differs.map(({ field, wanted, got }) => `    ${field}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`),
  ]);
  return ['nearest requests:', ...lines];
}
