window.parts = (window.parts || 0) + 1;
