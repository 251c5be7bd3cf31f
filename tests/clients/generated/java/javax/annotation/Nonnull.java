package javax.annotation;

/** Stands for the annotation of a library that the generated code only mentions. */
public @interface Nonnull {}
