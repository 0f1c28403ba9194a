// What is thrown when the server refuses, or cannot be heard.
import type { Schemas } from "./types.js";

interface Details {
  forbidden: Schemas["ForbiddenProblem"];
  stale: Schemas["StaleProblem"];
  trimmed: Schemas["TrimmedProblem"];
  withdrawn: Schemas["WithdrawnProblem"];
}

/** What the server refuses with; here, no answer came (`unreachable`) or one that is not of this API (`unreadable`). */
export type ProblemCode = Schemas["ProblemCode"] | "unreachable" | "unreadable";
type DetailsOf<C> = C extends keyof Details ? Details[C] : C extends Schemas["ProblemCode"] ? Schemas["ProblemDetails"] : null;

export class Problem<C extends ProblemCode = ProblemCode> extends Error {
  override readonly name = "Problem";
  /** The status of HTTP; 0 where no answer came. */
  readonly status: number;
  readonly code: C;
  /** Each thing that was wrong with the request. */
  readonly errors: Schemas["ProblemFault"][];
  /** The whole answer of the server, of some codes with more than `ProblemDetails`; null where it was none of this API. */
  readonly details: DetailsOf<C>;
  /** After how many seconds the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(code: C, message: string, status = 0, details: DetailsOf<C> | null = null, retryAfter?: number) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details as DetailsOf<C>;
    this.errors = details?.errors ?? [];
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed later: nobody answers, something in between does, or the server is busy. */
  get isTemporary(): boolean {
    const isRefusal = this.status >= 400 && this.status < 500;
    return this.status === 408 || this.status === 429 || !isRefusal;
  }
}

/** One type for each code, so that `code` tells which `details` there are. */
export type AnyProblem = { [C in ProblemCode]: Problem<C> }[ProblemCode];

export const isProblem = (error: unknown): error is AnyProblem => error instanceof Problem;
