/* A form that goes on by itself as soon as the page is there. Without this module its button does it. */
document.querySelector("form[data-pass-on]")?.requestSubmit();
